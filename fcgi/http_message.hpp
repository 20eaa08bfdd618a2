// A request as a handler sees it, and what it answers.
#pragma once

#include "core/net/http.hpp"
#include "core/support/file_descriptor.hpp"
#include "core/support/url.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tollgate {

struct Request {
    std::string method;
    std::string path;  ///< decoded, without the query
    std::string query; ///< exact bytes
    Headers headers;   ///< names in lower case
    std::string body;  ///< exact bytes
    std::string id;    ///< names this request in the log and in X-Request-Id
};

/// Parts of an open file that the loop sends itself, in pieces, after the headers.
struct FileBody {
    struct Part {
        std::string before; ///< goes in front of it
        std::int64_t offset = 0;
        std::int64_t length = 0; ///< all of it lies in the file, or the answer is cut short
    };

    std::shared_ptr<const FileDescriptor> file;
    std::vector<Part> parts;
    std::string after;

    std::int64_t bytes() const;
};

struct Response {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    Headers headers;
    std::optional<FileBody> file; ///< instead of body
};

/// Makes the answer; what it throws is answered as if the handler had thrown it.
using MakeResponse = std::function<Response()>;
/// Answers the request; called once, by whatever thread of the loop.
using Respond = std::function<void(MakeResponse)>;
/// Begins what the answer waits for, and holds no thread meanwhile.
using Later = std::function<void(Respond)>;
/// What a handler returns: the answer, or how to come by it. The request lives until it is
/// answered.
using Handled = std::variant<Response, Later>;

} // namespace tollgate
