// Follows a payment that is not decided yet, and shows the page anew when there is news. Without
// scripts the page refreshes itself.
(() => {
    "use strict";
    const main = document.querySelector("[data-refresh-s]");
    if (!main) return;
    const pause = main.dataset.refreshS * 1000;
    const reload = () => location.replace(location.href);

    const follow = async () => {
        let next = pause;
        try {
            const reply = await fetch(main.dataset.news, { cache: "no-store" });
            const news = await reply.json();
            if (news.changed) {
                // Said aloud where pages are read, before the new page comes.
                document.querySelector("h1").textContent = news.title;
                setTimeout(reload, 500);
                return;
            }
            next = news.again_ms;
        } catch {
            // The network or the house is away: what is shown is still the last that is known.
        }
        setTimeout(follow, next);
    };

    if (main.dataset.news) follow();
    else setTimeout(reload, pause);
})();
