// Our own pages: one template, texts per language, no external resource, a strict content policy,
// and nothing that needs JavaScript.
//
// Threads  any; immutable after construction
#pragma once

#include "core/config/config.hpp"
#include "fcgi/http_message.hpp"

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
    std::optional<Details> details{};
    std::vector<Download> downloads{};
    std::optional<Form> form{};
    std::string retry_action{};
    std::string retry_token{}; ///< empty: no way to try again
    int refresh_s = 0;         ///< 0: the page stays
};

class Pages {
public:
    static constexpr std::string_view language_default = "fr";

    explicit Pages(const Config& config);
    ~Pages();
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    /// The language for this request: as configured, otherwise as the browser wishes.
    std::string language_of(const Request& request) const;
    Response render(const Request& request, const Page& page) const;

private:
    struct Parsed;

    const std::string& text_of(std::string_view language, std::string_view key) const;

    std::string configured_language_;
    std::vector<std::string> languages_;
    std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> texts_;
    std::unique_ptr<Parsed> parsed_;
    std::string content_policy_;
};

/// The first of `known` that `accept_language` prefers most (RFC 9110, 12.5.4); empty when none.
std::string
preferred_language(std::string_view accept_language, const std::vector<std::string>& known);

} // namespace tollgate
