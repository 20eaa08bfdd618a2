#include "sandbox/twins/notifier.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tollgate::twins {

Notifier::Notifier() : client_{HttpLimits{.total_timeout = std::chrono::milliseconds{25'000}}} {}

void Notifier::post(
    HttpRequest request, std::chrono::milliseconds delay, HttpClient::OnDone on_done
)
{
    {
        const std::lock_guard lock{mutex_};
        errands_.emplace(Steady::now() + delay, Errand{std::move(request), std::move(on_done)});
    }
    client_.wake();
}

void Notifier::run(const std::stop_token& stop)
{
    const std::stop_callback wake_up{stop, [this] { client_.wake(); }};
    while (!stop.stop_requested()) {
        start_due();
        client_.turn(time_to_next());
    }
}

void Notifier::start_due()
{
    std::vector<Errand> due;
    {
        const std::lock_guard lock{mutex_};
        const auto end = errands_.upper_bound(Steady::now());
        for (auto place = errands_.begin(); place != end; ++place) {
            due.push_back(std::move(place->second));
        }
        errands_.erase(errands_.begin(), end);
    }
    for (auto& errand : due) {
        client_.start(errand.request, std::move(errand.on_done));
    }
}

std::chrono::milliseconds Notifier::time_to_next()
{
    constexpr std::chrono::milliseconds nap_max{1'000};
    const std::lock_guard lock{mutex_};
    if (errands_.empty()) return nap_max;
    const auto left = errands_.begin()->first - Steady::now();
    return std::clamp(
        std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds{0}, nap_max
    );
}

} // namespace tollgate::twins
