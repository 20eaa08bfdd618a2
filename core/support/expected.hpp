// A value or the reason why there is none. The names are those of std::expected (C++23), so that
// the later switch is one alias.
#pragma once

#include "core/support/check.hpp"

#include <utility>
#include <variant>

namespace tollgate {

template <class E>
struct Unexpected {
    E error;
};

template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E>
class [[nodiscard]] Expected {
public:
    Expected(T value) : state_{std::in_place_index<0>, std::move(value)} {}
    Expected(Unexpected<E> unexpected) : state_{std::in_place_index<1>, std::move(unexpected.error)}
    {
    }

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    const T& value() const&
    {
        check(has_value(), "value() of an Expected without one");
        return *std::get_if<0>(&state_);
    }
    T& value() &
    {
        check(has_value(), "value() of an Expected without one");
        return *std::get_if<0>(&state_);
    }
    T&& value() && { return std::move(value()); }

    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(value()); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }

    const E& error() const
    {
        check(!has_value(), "error() of an Expected with a value");
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<T, E> state_;
};

} // namespace tollgate
