// A text that means one thing: an order reference cannot be passed where a gateway's id belongs.
#pragma once

#include <compare>
#include <string>
#include <utility>

namespace tollgate {

template <class Tag>
class Strong {
public:
    Strong() = default;
    explicit Strong(std::string text) : text_{std::move(text)} {}

    const std::string& get() const { return text_; }
    bool empty() const { return text_.empty(); }

    friend bool operator==(const Strong&, const Strong&) = default;
    friend auto operator<=>(const Strong&, const Strong&) = default;

private:
    std::string text_;
};

} // namespace tollgate
