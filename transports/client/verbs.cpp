// The verbs: each is written out in the headers, and comes down to one of four functions.
#include <ferry/client.hpp>

#include "transports/client/request.hpp"

namespace ferry {

using detail::attempt;
using detail::attempt_once;
using detail::demand;
using detail::demand_once;

// ── With a client ───────────────────────────────────────────────────────────────────────────────────────────────────

Response Client::get(UrlRef url) { return demand(loop_, "GET", url, nullptr); }
Response Client::get(UrlRef url, const Options& options) { return demand(loop_, "GET", url, &options); }
Response Client::head(UrlRef url) { return demand(loop_, "HEAD", url, nullptr); }
Response Client::head(UrlRef url, const Options& options) { return demand(loop_, "HEAD", url, &options); }
Response Client::options(UrlRef url) { return demand(loop_, "OPTIONS", url, nullptr); }
Response Client::options(UrlRef url, const Options& options) { return demand(loop_, "OPTIONS", url, &options); }
Response Client::delete_(UrlRef url) { return demand(loop_, "DELETE", url, nullptr); }
Response Client::delete_(UrlRef url, const Options& options) { return demand(loop_, "DELETE", url, &options); }
Response Client::post(UrlRef url) { return demand(loop_, "POST", url, nullptr); }
Response Client::post(UrlRef url, const Options& options) { return demand(loop_, "POST", url, &options); }
Response Client::put(UrlRef url) { return demand(loop_, "PUT", url, nullptr); }
Response Client::put(UrlRef url, const Options& options) { return demand(loop_, "PUT", url, &options); }
Response Client::patch(UrlRef url) { return demand(loop_, "PATCH", url, nullptr); }
Response Client::patch(UrlRef url, const Options& options) { return demand(loop_, "PATCH", url, &options); }
Response Client::request(std::string_view method, UrlRef url, const Options& options) {
    return demand(loop_, method, url, &options);
}

Result<Response> Client::try_get(UrlRef url) { return attempt(loop_, "GET", url, nullptr); }
Result<Response> Client::try_get(UrlRef url, const Options& options) { return attempt(loop_, "GET", url, &options); }
Result<Response> Client::try_head(UrlRef url) { return attempt(loop_, "HEAD", url, nullptr); }
Result<Response> Client::try_head(UrlRef url, const Options& options) { return attempt(loop_, "HEAD", url, &options); }
Result<Response> Client::try_options(UrlRef url) { return attempt(loop_, "OPTIONS", url, nullptr); }
Result<Response> Client::try_options(UrlRef url, const Options& options) {
    return attempt(loop_, "OPTIONS", url, &options);
}
Result<Response> Client::try_delete(UrlRef url) { return attempt(loop_, "DELETE", url, nullptr); }
Result<Response> Client::try_delete(UrlRef url, const Options& options) {
    return attempt(loop_, "DELETE", url, &options);
}
Result<Response> Client::try_post(UrlRef url) { return attempt(loop_, "POST", url, nullptr); }
Result<Response> Client::try_post(UrlRef url, const Options& options) { return attempt(loop_, "POST", url, &options); }
Result<Response> Client::try_put(UrlRef url) { return attempt(loop_, "PUT", url, nullptr); }
Result<Response> Client::try_put(UrlRef url, const Options& options) { return attempt(loop_, "PUT", url, &options); }
Result<Response> Client::try_patch(UrlRef url) { return attempt(loop_, "PATCH", url, nullptr); }
Result<Response> Client::try_patch(UrlRef url, const Options& options) {
    return attempt(loop_, "PATCH", url, &options);
}
Result<Response> Client::try_request(std::string_view method, UrlRef url) {
    return attempt(loop_, method, url, nullptr);
}
Result<Response> Client::try_request(std::string_view method, UrlRef url, const Options& options) {
    return attempt(loop_, method, url, &options);
}

// ── Without ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Response get(UrlRef url) { return demand_once("GET", url, nullptr); }
Response get(UrlRef url, const Options& options) { return demand_once("GET", url, &options); }
Response head(UrlRef url) { return demand_once("HEAD", url, nullptr); }
Response head(UrlRef url, const Options& options) { return demand_once("HEAD", url, &options); }
Response options(UrlRef url) { return demand_once("OPTIONS", url, nullptr); }
Response options(UrlRef url, const Options& options) { return demand_once("OPTIONS", url, &options); }
Response delete_(UrlRef url) { return demand_once("DELETE", url, nullptr); }
Response delete_(UrlRef url, const Options& options) { return demand_once("DELETE", url, &options); }
Response post(UrlRef url) { return demand_once("POST", url, nullptr); }
Response post(UrlRef url, const Options& options) { return demand_once("POST", url, &options); }
Response put(UrlRef url) { return demand_once("PUT", url, nullptr); }
Response put(UrlRef url, const Options& options) { return demand_once("PUT", url, &options); }
Response patch(UrlRef url) { return demand_once("PATCH", url, nullptr); }
Response patch(UrlRef url, const Options& options) { return demand_once("PATCH", url, &options); }
Response request(std::string_view method, UrlRef url, const Options& options) {
    return demand_once(method, url, &options);
}

Result<Response> try_get(UrlRef url) { return attempt_once("GET", url, nullptr); }
Result<Response> try_get(UrlRef url, const Options& options) { return attempt_once("GET", url, &options); }
Result<Response> try_head(UrlRef url) { return attempt_once("HEAD", url, nullptr); }
Result<Response> try_head(UrlRef url, const Options& options) { return attempt_once("HEAD", url, &options); }
Result<Response> try_options(UrlRef url) { return attempt_once("OPTIONS", url, nullptr); }
Result<Response> try_options(UrlRef url, const Options& options) { return attempt_once("OPTIONS", url, &options); }
Result<Response> try_delete(UrlRef url) { return attempt_once("DELETE", url, nullptr); }
Result<Response> try_delete(UrlRef url, const Options& options) { return attempt_once("DELETE", url, &options); }
Result<Response> try_post(UrlRef url) { return attempt_once("POST", url, nullptr); }
Result<Response> try_post(UrlRef url, const Options& options) { return attempt_once("POST", url, &options); }
Result<Response> try_put(UrlRef url) { return attempt_once("PUT", url, nullptr); }
Result<Response> try_put(UrlRef url, const Options& options) { return attempt_once("PUT", url, &options); }
Result<Response> try_patch(UrlRef url) { return attempt_once("PATCH", url, nullptr); }
Result<Response> try_patch(UrlRef url, const Options& options) { return attempt_once("PATCH", url, &options); }
Result<Response> try_request(std::string_view method, UrlRef url) { return attempt_once(method, url, nullptr); }
Result<Response> try_request(std::string_view method, UrlRef url, const Options& options) {
    return attempt_once(method, url, &options);
}

}  // namespace ferry
