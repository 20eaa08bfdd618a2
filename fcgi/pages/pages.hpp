// Our own pages: one template, texts per language, no resource of anybody else, a strict content
// policy, and nothing that needs JavaScript.
//
// Threads  any; immutable after construction
#pragma once

#include "core/config/config.hpp"
#include "fcgi/http_message.hpp"
#include "fcgi/pages/theme.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// What a page shows. Texts are keys of texts.json.
struct Page {
    struct Download {
        std::string url;
        std::string name;
    };
    struct Details {
        std::string amount;
        std::string order;
        std::string reference; ///< empty: there is none yet
    };
    /// A form that is posted. Its buttons are called `gateway`.
    struct Form {
        struct Input {
            std::string name;
            std::string label; ///< a key of texts.json
            std::string type;  ///< of HTML
            std::string value;
        };
        struct Button {
            std::string value;
            std::string label; ///< empty: the word for paying
        };
        std::string action;
        std::vector<Input> inputs{};
        std::vector<Button> buttons{};
    };

    int status = 200;
    /// pay, paid, ordered, confirming, review, unpaid, unknown, trouble: colour and sign
    std::string_view kind;
    std::string_view title;
    std::string_view text;
    std::string_view wait{}; ///< how long it may take; may be empty
    std::optional<Details> details{};
    std::vector<Download> downloads{};
    std::optional<Form> form{};
    std::string retry_action{};
    std::string retry_token{};  ///< empty: no way to try again
    int refresh_s = 0;          ///< 0: the page stays
    std::string news_url{};     ///< where a page that refreshes itself hears sooner; may be empty
    std::string continue_url{}; ///< the shop's own page for this end; may be empty
    int continue_after_s = 0;   ///< the customer is taken there; 0: he goes when he wants
};

class Pages {
public:
    Pages(const Config& config, const Theme& theme);
    ~Pages();
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    /// The language for this request: as its address says (`?lang=`), otherwise as the browser
    /// wishes, otherwise the first that is configured.
    std::string language_of(const Request& request) const;
    const std::string& language_default() const { return languages_.front(); }
    /// Of our public address, without a final slash: what addresses on this host begin with.
    const std::string& base_path() const { return base_path_; }
    const std::string& text_of(std::string_view language, std::string_view key) const;
    Response render(const Request& request, const Page& page) const;

    /// A part of our pages, `/pay/asset/*`: its name changes with its content, so it may be kept.
    Response asset(std::string_view name) const;

private:
    struct Asset {
        std::string type;
        std::string bytes;
    };
    struct Parsed;

    std::string add_asset(std::string_view base, std::string_view ending, Asset asset);
    void prepare(const Config& config, const Theme& theme, const std::string& language);
    std::string policy_of(const Page& page) const;

    std::string base_path_;
    std::vector<std::string> languages_;
    std::map<std::string, Texts, std::less<>> texts_;
    std::map<std::string, Asset, std::less<>> assets_;
    std::string script_url_;
    std::string logo_url_; ///< empty: no logo
    std::unique_ptr<Parsed> parsed_;
    std::string style_policy_;
};

} // namespace tollgate
