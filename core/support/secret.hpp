// A text that must not be seen: no stream operator, no formatting, no copy by accident; wiped when
// it goes. `expose()` is the only reader, so a search for it finds every use.
#pragma once

#include <string>
#include <string_view>

namespace tollgate {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    Secret clone() const { return Secret{text_}; }
    std::string_view expose() const { return text_; }
    bool empty() const { return text_.empty(); }

private:
    void wipe();

    std::string text_;
};

} // namespace tollgate
