// The blocking face of ferry: call, wait, get the response.
//
//     auto r = ferry::get("http://api.example/items", {.params = {{"page", 2}}, .timeout = 2s});
//     r.raise_for_status();
//     nlohmann::json items = r.json();
//
// A Client keeps connections and settings for many requests, and may be shared by threads. Every call has a twin whose
// name begins with try_: it gives the failure back as a Result instead of throwing.
#pragma once

#include <ferry/builder.hpp>
#include <ferry/call.hpp>
#include <ferry/config.hpp>
#include <ferry/duplex.hpp>
#include <ferry/engine.hpp>
#include <ferry/exceptions.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

namespace detail {
class SharedLoop;
}  // namespace detail

class StreamingResponse;

/// A request in the making, from Client::request(method, url):
///
///     auto r = client.request("GET", url).header("a", "b").timeout(5s).send();
///
/// It keeps what it needs of the client alive; after the client is closed or gone, sending fails with
/// Errc::client_closed.
class [[nodiscard]] RequestBuilder : public Builder<RequestBuilder> {
public:
    /// Makes the request and waits; throws what Client::request() throws. May be called again.
    Response send();
    Result<Response> try_send();
    /// As Client::stream().
    [[nodiscard]] StreamingResponse stream();
    Result<StreamingResponse> try_stream();

private:
    friend class Client;
    friend RequestBuilder request(std::string_view method, UrlRef url);
    RequestBuilder(std::shared_ptr<detail::SharedLoop> loop, std::string_view method, UrlRef url);

    std::shared_ptr<detail::SharedLoop> loop_;
};

/// A response whose head has come and whose body is read piece by piece, no faster than you ask: what you do not read
/// stays with the server, but for 256 KiB, twice that for a moment, and what the system's buffers hold. It belongs to one thread at a time, whatever the client does.
/// Destroying it is as close(). If the request's body comes from a source, that is asked while this is waited for. One
/// that was moved from can only be assigned to or destroyed.
class StreamingResponse {
public:
    StreamingResponse(StreamingResponse&& other) noexcept;
    StreamingResponse& operator=(StreamingResponse&& other) noexcept;
    ~StreamingResponse();

    [[nodiscard]] int status_code() const noexcept { return response().status_code(); }
    [[nodiscard]] std::string_view reason_phrase() const noexcept { return response().reason_phrase(); }
    [[nodiscard]] std::string_view http_version() const noexcept { return response().http_version(); }
    [[nodiscard]] const Headers& headers() const noexcept { return response().headers(); }
    [[nodiscard]] const Url& url() const noexcept { return response().url(); }
    [[nodiscard]] bool is_success() const noexcept { return response().is_success(); }
    [[nodiscard]] bool is_error() const noexcept { return response().is_error(); }
    /// The response without its body. After the end it has the trailers and timings.
    [[nodiscard]] const Response& response() const noexcept;
    /// Throws HttpStatusError unless the status is one of success (2xx). The body is left unread.
    StreamingResponse& raise_for_status();

    /// The next bytes of the body, at least one, as they come; nothing at its end, and ever after. Throws what the
    /// request failed with, again if asked again, and StreamClosed after close().
    [[nodiscard]] std::optional<Buffer> read();
    /// The same; Errc::invalid_state after close().
    [[nodiscard]] Result<std::optional<Buffer>> try_read();
    /// All that is still to come. Throws as read(), and StreamConsumed if the end has been read already.
    [[nodiscard]] Buffer read_all();
    /// The same; Errc::invalid_state if the end has been read already, or after close().
    [[nodiscard]] Result<Buffer> try_read_all();

    /// Ends the request. What is left of the body is read and thrown away if it is at most 64 KiB and comes within 250 ms,
    /// so that the connection can be used again; else the connection is closed. Nothing is waited for here.
    void close() noexcept;

    /// The connection is no longer HTTP: 101 to a request with "Connection: upgrade", or 2xx to CONNECT.
    [[nodiscard]] bool is_upgraded() const noexcept;
    /// The raw stream behind such a response; bytes that have been read() already are not in it. Throws StreamConsumed if
    /// there is none.
    [[nodiscard]] Duplex into_duplex() &&;

private:
    friend class Client;
    friend class RequestBuilder;
    explicit StreamingResponse(std::unique_ptr<detail::StreamState> state);

    std::unique_ptr<detail::StreamState> state_;
};

/// An HTTP client with its connections. All calls may be made by many threads at once; they share the connections, and
/// the thread that waits for the network serves the others too. Moving and destroying it is for one thread alone, but
/// other threads may still be waiting inside a call then: on destruction they end with Errc::client_closed.
///
/// `url` is absolute, or relative to Config::base_url. `options` may be braces: `client.get(url, {.timeout = 2s})`.
/// Each call without try_ throws the exception of ferry/exceptions.hpp that stands for the Error.
class Client {
public:
    Client();
    /// Throws InvalidUrl for a bad base_url, UnsupportedProtocol for its scheme, LocalProtocolError that names the field
    /// for other settings.
    explicit Client(Config config);
    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;
    /// As close().
    ~Client();

    Response get(UrlRef url);
    Response get(UrlRef url, const Options& options);
    Response head(UrlRef url);
    Response head(UrlRef url, const Options& options);
    Response options(UrlRef url);
    Response options(UrlRef url, const Options& options);
    Response delete_(UrlRef url);
    Response delete_(UrlRef url, const Options& options);
    Response post(UrlRef url);
    Response post(UrlRef url, const Options& options);
    Response put(UrlRef url);
    Response put(UrlRef url, const Options& options);
    Response patch(UrlRef url);
    Response patch(UrlRef url, const Options& options);
    /// Any method: a token, sent in the case that it is written in.
    Response request(std::string_view method, UrlRef url, const Options& options);
    /// A builder for the request; it is made by its send().
    RequestBuilder request(std::string_view method, UrlRef url);

    Result<Response> try_get(UrlRef url);
    Result<Response> try_get(UrlRef url, const Options& options);
    Result<Response> try_head(UrlRef url);
    Result<Response> try_head(UrlRef url, const Options& options);
    Result<Response> try_options(UrlRef url);
    Result<Response> try_options(UrlRef url, const Options& options);
    Result<Response> try_delete(UrlRef url);
    Result<Response> try_delete(UrlRef url, const Options& options);
    Result<Response> try_post(UrlRef url);
    Result<Response> try_post(UrlRef url, const Options& options);
    Result<Response> try_put(UrlRef url);
    Result<Response> try_put(UrlRef url, const Options& options);
    Result<Response> try_patch(UrlRef url);
    Result<Response> try_patch(UrlRef url, const Options& options);
    Result<Response> try_request(std::string_view method, UrlRef url);
    Result<Response> try_request(std::string_view method, UrlRef url, const Options& options);

    /// Makes all the requests, in order and as many at once as Limits::max_connections lets it, and waits for all. As many
    /// again wait for a connection meanwhile, and Timeout::pool runs for these; the others have not begun, so that no limit
    /// of theirs runs, and drain() refuses them. But all begin at once where there is a smaller Limits::max_per_origin, and
    /// those that may be made again (retries, retry_policy) are not counted. The results are in the order of the calls.
    [[nodiscard]] std::vector<Result<Response>> gather(std::span<const Call> calls);
    [[nodiscard]] std::vector<Result<Response>> gather(std::initializer_list<Call> calls);

    /// Makes the request and waits for the head of its response; the body is read from what is given back.
    [[nodiscard]] StreamingResponse stream(std::string_view method, UrlRef url);
    [[nodiscard]] StreamingResponse stream(std::string_view method, UrlRef url, const Options& options);
    Result<StreamingResponse> try_stream(std::string_view method, UrlRef url);
    Result<StreamingResponse> try_stream(std::string_view method, UrlRef url, const Options& options);

    /// Lets the requests under way end, in whatever thread, and refuses new ones; then closes all connections. Waits until
    /// that is done, but not longer than `limit`: what has not ended by then does with Errc::client_closed, as all later
    /// requests do. True if everything ended by itself. A response that a thread does not go on reading has not ended.
    bool drain() noexcept { return drain(std::nullopt); }
    bool drain(TimeLimit limit) noexcept;
    /// Closes all connections. Requests under way, in whatever thread, and all later ones end with Errc::client_closed.
    void close() noexcept;
    /// Counters since the client was made, and gauges of now.
    [[nodiscard]] Stats stats() const;
    /// What is going on, for people: origins, lookups, connections and requests, a line each; secrets are masked.
    [[nodiscard]] std::string dump() const;

private:
    std::shared_ptr<detail::SharedLoop> loop_;
};

// Without a client: each makes one of its own for one request. Use a Client for more than one to the same server.

Response get(UrlRef url);
Response get(UrlRef url, const Options& options);
Response head(UrlRef url);
Response head(UrlRef url, const Options& options);
Response options(UrlRef url);
Response options(UrlRef url, const Options& options);
Response delete_(UrlRef url);
Response delete_(UrlRef url, const Options& options);
Response post(UrlRef url);
Response post(UrlRef url, const Options& options);
Response put(UrlRef url);
Response put(UrlRef url, const Options& options);
Response patch(UrlRef url);
Response patch(UrlRef url, const Options& options);
Response request(std::string_view method, UrlRef url, const Options& options);
RequestBuilder request(std::string_view method, UrlRef url);

Result<Response> try_get(UrlRef url);
Result<Response> try_get(UrlRef url, const Options& options);
Result<Response> try_head(UrlRef url);
Result<Response> try_head(UrlRef url, const Options& options);
Result<Response> try_options(UrlRef url);
Result<Response> try_options(UrlRef url, const Options& options);
Result<Response> try_delete(UrlRef url);
Result<Response> try_delete(UrlRef url, const Options& options);
Result<Response> try_post(UrlRef url);
Result<Response> try_post(UrlRef url, const Options& options);
Result<Response> try_put(UrlRef url);
Result<Response> try_put(UrlRef url, const Options& options);
Result<Response> try_patch(UrlRef url);
Result<Response> try_patch(UrlRef url, const Options& options);
Result<Response> try_request(std::string_view method, UrlRef url);
Result<Response> try_request(std::string_view method, UrlRef url, const Options& options);

}  // namespace ferry
