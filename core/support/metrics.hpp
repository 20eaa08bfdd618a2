// Counters of this process, and figures as the text that a monitoring system reads.
//
// Shape    Prometheus text format 0.0.4; a name ends with its unit, a counter's with `_total`
// Range    counter_series_max combinations of label values per counter; what comes beyond is
//          counted under `other` in every label, so that no stranger makes the text grow
// Threads  Counter: any, and no add() waits for another; MetricsText: one
// Source   https://prometheus.io/docs/instrumenting/exposition_formats/, read 2026-11-21
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

inline constexpr std::size_t counter_series_max = 128;

struct MetricLabel {
    std::string_view name;
    std::string_view value;
};

class MetricsText {
public:
    enum class Type { counter, gauge };

    /// Begins a metric; its samples follow.
    void begin(std::string_view name, Type type, std::string_view help);
    void sample(std::span<const MetricLabel> labels, std::int64_t value);
    void sample(std::initializer_list<MetricLabel> labels, std::int64_t value)
    {
        sample(std::span{labels.begin(), labels.size()}, value);
    }
    const std::string& text() const { return text_; }

private:
    std::string name_;
    std::string text_;
};

class Counter {
public:
    /// The texts must live as long as the counter.
    Counter(
        std::string_view name, std::string_view help, std::initializer_list<std::string_view> labels
    )
        : name_{name}, help_{help}, labels_{labels}
    {
    }
    ~Counter();
    Counter(const Counter&) = delete;
    Counter& operator=(const Counter&) = delete;

    /// Adds one; as many values as there are labels, in their order.
    void add(std::initializer_list<std::string_view> values);
    void write(MetricsText& text) const;

private:
    using Values = std::vector<std::string>;
    /// Once a series has its values they never change, so readers need no lock.
    struct Series {
        std::atomic<const Values*> values = nullptr;
        std::atomic<std::int64_t> count = 0;
    };

    std::string_view name_;
    std::string_view help_;
    std::vector<std::string_view> labels_;
    std::array<Series, counter_series_max> series_;
    std::atomic<std::int64_t> other_ = 0;
};

} // namespace tollgate
