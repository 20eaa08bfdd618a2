#include "core/payments/paid_files.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate {
namespace {

struct Limits {
    int min;
    int max;
};

constexpr Limits uses_limits{1, 1'000};
constexpr Limits expiry_limits_s{60, 315'360'000};

std::optional<int> whole_number(const Json& value, Limits limits)
{
    const auto* number = value.number();
    if (number == nullptr || !all_digits(number->text)) return {};
    const auto& text = number->text;
    int result = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), result).ec != std::errc{})
        return {};
    if (result < limits.min || result > limits.max) return {};
    return result;
}

std::optional<PaidFile> paid_file(const Json& item)
{
    if (const auto* path = item.string()) return PaidFile{*path};
    if (item.object() == nullptr) return {};
    PaidFile file;
    for (const auto& [name, value] : *item.object()) {
        if (name == "path" && value.string() != nullptr) {
            file.path = *value.string();
        } else if (name == "uses_max") {
            file.uses_max = whole_number(value, uses_limits);
            if (!file.uses_max) return {};
        } else if (name == "expires_after_s") {
            const auto seconds = whole_number(value, expiry_limits_s);
            if (!seconds) return {};
            file.expires_after = std::chrono::seconds{*seconds};
        } else {
            return {};
        }
    }
    if (file.path.empty()) return {};
    return file;
}

Json paid_file_json(const PaidFile& file)
{
    if (!file.uses_max && !file.expires_after) return file.path;
    auto json = Json::object({{"path", file.path}});
    if (file.uses_max) json.add("uses_max", *file.uses_max);
    if (file.expires_after) {
        json.add("expires_after_s", static_cast<std::int64_t>(file.expires_after->count()));
    }
    return json;
}

} // namespace

std::optional<std::vector<PaidFile>> paid_files(const Json& list)
{
    if (list.array() == nullptr || list.array()->size() > paid_files_max) return {};
    std::vector<PaidFile> files;
    for (const auto& item : *list.array()) {
        auto file = paid_file(item);
        if (!file) return {};
        const bool known = std::ranges::count(files, file->path, &PaidFile::path) > 0;
        if (!known) files.push_back(*std::move(file));
    }
    return files;
}

Json paid_files_json(const std::vector<PaidFile>& files)
{
    Json::Array list;
    for (const auto& file : files)
        list.push_back(paid_file_json(file));
    return Json{std::move(list)};
}

} // namespace tollgate
