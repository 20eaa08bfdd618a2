#include "core/support/secret.hpp"

#include <cstring>
#include <utility>

namespace tollgate {

Secret::Secret(std::string text) : text_{std::move(text)} {}

// A short text lives inside the string object, so moving it leaves a copy behind: wipe the source.
Secret::Secret(Secret&& other) noexcept : text_{other.text_}
{
    other.wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept
{
    if (this == &other) return *this;
    wipe();
    text_ = other.text_;
    other.wipe();
    return *this;
}

Secret::~Secret()
{
    wipe();
}

void Secret::wipe()
{
    explicit_bzero(text_.data(), text_.size());
    text_.clear();
}

} // namespace tollgate
