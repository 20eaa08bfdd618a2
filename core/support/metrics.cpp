#include "core/support/metrics.hpp"

#include "core/support/check.hpp"

#include <algorithm>
#include <memory>

namespace tollgate {
namespace {

std::string escaped(std::string_view value)
{
    std::string text;
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        text += c == '\n' ? ' ' : c;
    }
    return text;
}

} // namespace

void MetricsText::begin(std::string_view name, Type type, std::string_view help)
{
    name_ = name;
    text_ += "# HELP " + name_ + ' ' + std::string{help} + '\n';
    text_ += "# TYPE " + name_ + (type == Type::counter ? " counter\n" : " gauge\n");
}

void MetricsText::sample(std::span<const MetricLabel> labels, std::int64_t value)
{
    text_ += name_;
    std::string_view separator = "{";
    for (const auto& label : labels) {
        text_ +=
            std::string{separator} + std::string{label.name} + "=\"" + escaped(label.value) + '"';
        separator = ",";
    }
    if (!labels.empty()) text_ += '}';
    text_ += ' ' + std::to_string(value) + '\n';
}

Counter::~Counter()
{
    for (auto& series : series_)
        delete series.values.load();
}

// The series are filled from the front, so an empty one ends the search: whoever writes his values
// into it first has it, and the others look at what he wrote.
void Counter::add(std::initializer_list<std::string_view> values)
{
    check(values.size() == labels_.size(), "a counter's labels");
    for (auto& series : series_) {
        const auto* known = series.values.load(std::memory_order_acquire);
        if (known == nullptr) {
            auto fresh = std::make_unique<const Values>(values.begin(), values.end());
            if (series.values.compare_exchange_strong(known, fresh.get())) known = fresh.release();
        }
        if (std::ranges::equal(*known, values)) {
            series.count.fetch_add(1, std::memory_order_relaxed);
            return;
        }
    }
    other_.fetch_add(1, std::memory_order_relaxed);
}

void Counter::write(MetricsText& text) const
{
    text.begin(name_, MetricsText::Type::counter, help_);
    std::vector<MetricLabel> labels;
    const auto write_one = [&](const auto& value_of, std::int64_t count) {
        labels.clear();
        for (std::size_t i = 0; i < labels_.size(); ++i)
            labels.push_back({labels_[i], value_of(i)});
        text.sample(labels, count);
    };
    for (const auto& series : series_) {
        const auto* values = series.values.load(std::memory_order_acquire);
        if (values == nullptr) break;
        write_one([&](std::size_t i) -> std::string_view { return (*values)[i]; }, series.count);
    }
    const auto other = other_.load();
    if (other > 0) write_one([](std::size_t) { return std::string_view{"other"}; }, other);
}

} // namespace tollgate
