#include "core/net/http_client.hpp"

#include "core/support/text.hpp"
#include "core/support/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tollgate {
namespace {

constexpr const char* user_agent = "Tollgate/" TOLLGATE_VERSION;
/// Every handle keeps its buffers; gateways' messages are small.
constexpr long receive_buffer_bytes = 4096;
constexpr long upload_buffer_bytes = 16384;

struct CurlGlobal {
    CurlGlobal()
    {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) throw std::runtime_error{"libcurl: init"};
    }
};

struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

/// One request under way. Its address is given to libcurl, so it stays where it is.
struct Exchange {
    Easy easy;
    List headers;
    std::string body;
    HttpReply reply;
    std::size_t reply_bytes_max = 0;
    bool too_large = false;
    HttpClient::OnDone on_done;
};

std::size_t take_body(char* data, std::size_t, std::size_t count, void* user)
{
    auto& exchange = *static_cast<Exchange*>(user);
    if (exchange.reply.body.size() + count > exchange.reply_bytes_max) {
        exchange.too_large = true;
        return 0; // makes libcurl end the transfer
    }
    exchange.reply.body.append(data, count);
    return count;
}

std::size_t take_header(char* data, std::size_t, std::size_t count, void* user)
{
    auto& exchange = *static_cast<Exchange*>(user);
    const std::string_view line{data, count};
    if (line.starts_with("HTTP/")) exchange.reply.headers.clear(); // after "100 Continue"
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return count;
    exchange.reply.headers.emplace_back(
        lower(line.substr(0, colon)), std::string{trim(line.substr(colon + 1))}
    );
    return count;
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value)
{
    if (curl_easy_setopt(easy, option, value) != CURLE_OK) {
        throw std::runtime_error{"libcurl: option"};
    }
}

void prepare(Exchange& exchange, const HttpRequest& request, const HttpLimits& limits)
{
    CURL* easy = exchange.easy.get();
    set(easy, CURLOPT_URL, request.url.c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    set(easy, CURLOPT_USERAGENT, user_agent);
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
    set(easy, CURLOPT_UPLOAD_BUFFERSIZE, upload_buffer_bytes);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect_timeout.count()));
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.total_timeout.count()));
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    // libcurl sends again what a kept connection swallowed without a reply.
    set(easy, CURLOPT_FRESH_CONNECT, request.once ? 1L : 0L);
    set(easy, CURLOPT_WRITEFUNCTION, &take_body);
    set(easy, CURLOPT_WRITEDATA, &exchange);
    set(easy, CURLOPT_HEADERFUNCTION, &take_header);
    set(easy, CURLOPT_HEADERDATA, &exchange);
    set(easy, CURLOPT_PRIVATE, &exchange);
    if (request.method != "GET") {
        exchange.body = request.body;
        set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        set(easy, CURLOPT_POSTFIELDS, exchange.body.data());
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange.body.size()));
    }
    curl_slist* list = curl_slist_append(nullptr, "Expect:"); // one round trip, not two
    for (const auto& [name, value] : request.headers) {
        list = curl_slist_append(list, (name + ": " + value).c_str());
    }
    exchange.headers.reset(list);
    set(easy, CURLOPT_HTTPHEADER, list);
}

/// libcurl sends header lines as they are given, line ends included.
bool has_control_character(std::string_view text)
{
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_sendable(const HttpRequest& request)
{
    return is_http_url(request.url) && !has_control_character(request.method) &&
           std::ranges::none_of(request.headers, [](const auto& header) {
               return has_control_character(header.first) || has_control_character(header.second);
           });
}

HttpError error_of(CURLcode code, const Exchange& exchange)
{
    if (exchange.too_large) return HttpError::too_large;
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return HttpError::timeout;
    case CURLE_URL_MALFORMAT: return HttpError::refused_by_us;
    default: return HttpError::connection; // no reply is no fact, whatever the reason
    }
}

} // namespace

std::string_view code(HttpError error)
{
    switch (error) {
    case HttpError::timeout: return "timeout";
    case HttpError::connection: return "connection";
    case HttpError::too_large: return "too_large";
    case HttpError::refused_by_us: return "refused_by_us";
    }
    impossible("http error");
}

class HttpClient::State {
public:
    explicit State(HttpLimits limits) : limits_{limits}
    {
        static const CurlGlobal global;
        multi_.reset(curl_multi_init());
        if (!multi_) throw std::runtime_error{"libcurl: multi"};
        const auto connections = static_cast<long>(limits.connections_max);
        curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, connections);
        curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, connections);
    }

    // libcurl wants a handle out of its multi before it is cleaned up.
    ~State()
    {
        for (const auto& [easy, exchange] : exchanges_) {
            curl_multi_remove_handle(multi_.get(), easy);
        }
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void start(const HttpRequest& request, OnDone on_done)
    {
        if (!is_sendable(request)) {
            refused_.push_back(std::move(on_done));
            return;
        }
        auto exchange = std::make_unique<Exchange>();
        exchange->easy = take_handle();
        exchange->reply_bytes_max = limits_.reply_bytes_max;
        exchange->on_done = std::move(on_done);
        prepare(*exchange, request, limits_);
        CURL* easy = exchange->easy.get();
        exchanges_.emplace(easy, std::move(exchange));
        if (curl_multi_add_handle(multi_.get(), easy) != CURLM_OK) {
            throw std::runtime_error{"libcurl: add handle"};
        }
    }

    void turn(std::chrono::milliseconds wait)
    {
        int running = 0;
        curl_multi_perform(multi_.get(), &running);
        if (refuse() + finish() > 0) return;
        curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait.count()), nullptr);
        curl_multi_perform(multi_.get(), &running);
        finish();
    }

    void wake() { curl_multi_wakeup(multi_.get()); }
    std::size_t in_flight() const { return exchanges_.size() + refused_.size(); }

private:
    std::size_t refuse()
    {
        const auto refused = std::exchange(refused_, {});
        for (const auto& on_done : refused)
            on_done(Unexpected{HttpError::refused_by_us});
        return refused.size();
    }

    Easy take_handle()
    {
        if (idle_.empty()) {
            Easy easy{curl_easy_init()};
            if (!easy) throw std::runtime_error{"libcurl: easy"};
            return easy;
        }
        Easy easy = std::move(idle_.back());
        idle_.pop_back();
        return easy;
    }

    std::size_t finish()
    {
        std::size_t finished = 0;
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            finish(message->easy_handle, message->data.result);
            ++finished;
        }
        return finished;
    }

    void finish(CURL* easy, CURLcode result)
    {
        const auto found = exchanges_.find(easy);
        check(found != exchanges_.end(), "libcurl finished an unknown transfer");
        const auto exchange = std::move(found->second);
        exchanges_.erase(found);
        curl_multi_remove_handle(multi_.get(), easy);
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_reset(easy);
        idle_.push_back(std::move(exchange->easy));
        if (result != CURLE_OK) {
            exchange->on_done(Unexpected{error_of(result, *exchange)});
            return;
        }
        exchange->reply.status = static_cast<int>(status);
        exchange->on_done(std::move(exchange->reply));
    }

    HttpLimits limits_;
    Multi multi_;
    std::vector<Easy> idle_;
    std::vector<OnDone> refused_; ///< to be told in the next turn
    std::unordered_map<CURL*, std::unique_ptr<Exchange>> exchanges_;
};

HttpClient::HttpClient(HttpLimits limits) : state_{std::make_unique<State>(limits)} {}

HttpClient::~HttpClient() = default;

void HttpClient::start(const HttpRequest& request, OnDone on_done)
{
    state_->start(request, std::move(on_done));
}

void HttpClient::turn(std::chrono::milliseconds wait)
{
    state_->turn(wait);
}

void HttpClient::wake()
{
    state_->wake();
}

std::size_t HttpClient::in_flight() const
{
    return state_->in_flight();
}

} // namespace tollgate
