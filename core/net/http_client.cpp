#include "core/net/http_client.hpp"

#include "core/net/public_address.hpp"
#include "core/net/socket_events.hpp"
#include "core/support/text.hpp"
#include "core/support/url.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tollgate {
namespace {

constexpr const char* user_agent = "Tollgate/" TOLLGATE_VERSION;
/// Every handle keeps its buffers; gateways' messages are small.
constexpr long receive_buffer_bytes = 4096;
constexpr long upload_buffer_bytes = 16384;
/// After a burst the others are freed.
constexpr std::size_t idle_handles_max = 32;
/// The only header of a reply that anybody reads.
constexpr std::string_view header_kept = "retry-after";

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

/// One request under way, then ready for another. Its address is given to libcurl, so it stays
/// where it is.
struct Exchange {
    Easy easy;
    List headers;
    HttpRequest request; ///< libcurl reads the body where it is
    HttpReply reply;
    std::size_t reply_bytes_max = 0;
    bool too_large = false;
    bool private_address = false; ///< a connection was refused because of it
    HttpClient::OnDone on_done;
    std::size_t place = 0; ///< among those under way
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
    if (line.size() <= header_kept.size() || line[header_kept.size()] != ':') return count;
    const auto name = line.substr(0, header_kept.size());
    if (!std::ranges::equal(name, header_kept, {}, [](char c) { return lower(c); })) return count;
    const auto value = trim(line.substr(header_kept.size() + 1));
    exchange.reply.headers.emplace_back(header_kept, value);
    return count;
}

/// Called with the address that the name of a `public_only` request was resolved to.
curl_socket_t open_public_socket(void* user, curlsocktype, curl_sockaddr* address)
{
    if (!is_public_address(address->addr)) {
        static_cast<Exchange*>(user)->private_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value)
{
    if (curl_easy_setopt(easy, option, value) != CURLE_OK) {
        throw std::runtime_error{"libcurl: option"};
    }
}

/// What is the same for every request.
void prepare_handle(Exchange& exchange, const HttpLimits& limits)
{
    CURL* easy = exchange.easy.get();
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
    set(easy, CURLOPT_WRITEFUNCTION, &take_body);
    set(easy, CURLOPT_WRITEDATA, &exchange);
    set(easy, CURLOPT_HEADERFUNCTION, &take_header);
    set(easy, CURLOPT_HEADERDATA, &exchange);
    set(easy, CURLOPT_PRIVATE, &exchange);
    exchange.reply_bytes_max = limits.reply_bytes_max;
}

/// What is not is set every time, so that nothing is left of the request before.
void prepare(Exchange& exchange)
{
    CURL* easy = exchange.easy.get();
    const auto& [method, url, fields, body, once, public_only] = exchange.request;
    set(easy, CURLOPT_URL, url.c_str());
    set(easy, CURLOPT_OPENSOCKETFUNCTION, public_only ? &open_public_socket : nullptr);
    set(easy, CURLOPT_OPENSOCKETDATA, &exchange);
    set(easy, CURLOPT_NOPROXY, public_only ? "*" : nullptr);
    // libcurl sends again what a kept connection swallowed without a reply.
    set(easy, CURLOPT_FRESH_CONNECT, once ? 1L : 0L);
    if (method == "GET") {
        set(easy, CURLOPT_POSTFIELDS, nullptr);
        set(easy, CURLOPT_CUSTOMREQUEST, nullptr);
        set(easy, CURLOPT_HTTPGET, 1L);
    } else {
        set(easy, CURLOPT_POSTFIELDS, body.data());
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    }
    curl_slist* list = curl_slist_append(nullptr, "Expect:"); // one round trip, not two
    std::string line;
    for (const auto& [name, value] : fields) {
        line.assign(name).append(": ").append(value);
        list = curl_slist_append(list, line.c_str());
    }
    set(easy, CURLOPT_HTTPHEADER, list);
    exchange.headers.reset(list); // only now: libcurl still knew the list before
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
    if (exchange.private_address && code == CURLE_COULDNT_CONNECT) return HttpError::refused_by_us;
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
        curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &watch_socket);
        curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &set_timer);
        curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    }

    // libcurl wants a handle out of its multi before it is cleaned up.
    ~State()
    {
        for (const auto& exchange : under_way_)
            curl_multi_remove_handle(multi_.get(), exchange->easy.get());
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void start(HttpRequest request, OnDone on_done)
    {
        if (!is_sendable(request)) {
            refused_.push_back(std::move(on_done));
            return;
        }
        auto exchange = idle_exchange();
        exchange->request = std::move(request);
        prepare(*exchange);
        if (curl_multi_add_handle(multi_.get(), exchange->easy.get()) != CURLM_OK) {
            throw std::runtime_error{"libcurl: add handle"};
        }
        exchange->on_done = std::move(on_done);
        exchange->place = under_way_.size();
        under_way_.push_back(std::move(exchange));
    }

    void turn(std::chrono::milliseconds wait)
    {
        act_on_timer();
        if (refuse() + finish() > 0) return;
        for (const auto& [socket, events] : events_.wait(time_to_wait(wait))) {
            act(socket, curl_events(events));
            events_.again(socket);
        }
        act_on_timer();
        finish();
    }

    void wake() { events_.wake(); }
    std::size_t in_flight() const { return under_way_.size() + refused_.size(); }

private:
    using Steady = std::chrono::steady_clock;
    using ExchangePtr = std::unique_ptr<Exchange>;

    static int watch_socket(CURL*, curl_socket_t socket, int what, void* user, void*)
    {
        auto& watched = static_cast<State*>(user)->events_;
        if (what == CURL_POLL_REMOVE) {
            watched.forget(socket);
            return 0;
        }
        std::uint32_t events = 0;
        if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
        if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
        watched.watch(socket, events);
        return 0;
    }

    static int set_timer(CURLM*, long milliseconds, void* user)
    {
        auto& timer = static_cast<State*>(user)->timer_;
        timer.reset();
        if (milliseconds >= 0) timer = Steady::now() + std::chrono::milliseconds{milliseconds};
        return 0;
    }

    static int curl_events(std::uint32_t events)
    {
        int mask = 0;
        if ((events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
        if ((events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
        if ((events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
        return mask;
    }

    void act(curl_socket_t socket, int events)
    {
        int running = 0;
        curl_multi_socket_action(multi_.get(), socket, events, &running);
    }

    void act_on_timer()
    {
        if (!timer_ || Steady::now() < *timer_) return;
        timer_.reset();
        act(CURL_SOCKET_TIMEOUT, 0);
    }

    std::chrono::milliseconds time_to_wait(std::chrono::milliseconds wait) const
    {
        if (!timer_) return wait;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - Steady::now());
        return std::clamp(left, std::chrono::milliseconds{0}, wait);
    }

    std::size_t refuse()
    {
        const auto refused = std::exchange(refused_, {});
        for (const auto& on_done : refused)
            on_done(Unexpected{HttpError::refused_by_us});
        return refused.size();
    }

    ExchangePtr idle_exchange()
    {
        if (!idle_.empty()) {
            auto exchange = std::move(idle_.back());
            idle_.pop_back();
            return exchange;
        }
        auto exchange = std::make_unique<Exchange>();
        exchange->easy.reset(curl_easy_init());
        if (!exchange->easy) throw std::runtime_error{"libcurl: easy"};
        prepare_handle(*exchange, limits_);
        return exchange;
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
        Exchange* known = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &known);
        check(known != nullptr, "libcurl finished an unknown transfer");
        auto exchange = take_out(known->place);
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(multi_.get(), easy);
        const auto on_done = std::exchange(exchange->on_done, {});
        auto reply = std::exchange(exchange->reply, {});
        const auto error = error_of(result, *exchange);
        exchange->too_large = false;
        exchange->private_address = false;
        if (idle_.size() < idle_handles_max) idle_.push_back(std::move(exchange));
        if (result != CURLE_OK) {
            on_done(Unexpected{error});
            return;
        }
        reply.status = static_cast<int>(status);
        on_done(std::move(reply));
    }

    ExchangePtr take_out(std::size_t place)
    {
        auto exchange = std::exchange(under_way_[place], std::move(under_way_.back()));
        under_way_.pop_back();
        if (place < under_way_.size()) under_way_[place]->place = place;
        return exchange;
    }

    HttpLimits limits_;
    SocketEvents events_;                     ///< outlives what libcurl does at its end
    std::optional<Steady::time_point> timer_; ///< when libcurl wants to act
    Multi multi_;
    std::vector<ExchangePtr> idle_;
    std::vector<OnDone> refused_; ///< to be told in the next turn
    std::vector<ExchangePtr> under_way_;
};

HttpClient::HttpClient(HttpLimits limits) : state_{std::make_unique<State>(limits)} {}

HttpClient::~HttpClient() = default;

void HttpClient::start(HttpRequest request, OnDone on_done)
{
    state_->start(std::move(request), std::move(on_done));
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
