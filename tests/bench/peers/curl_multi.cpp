// libcurl's multi interface, with one of its two drivers: curl_multi_perform() and curl_multi_poll(), or (CURL_SOCKET)
// curl_multi_socket_action() on epoll, which libcurl recommends for many transfers. Easy handles are used again, bodies
// go into a string that keeps its memory, Expect is off, and buffers are as large as libcurl allows for large bodies.
#include "tests/bench/peers/program.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace bench;

#ifdef CURL_SOCKET
constexpr std::string_view peer_name = "curl-socket";

// The loop of libcurl's own examples: one epoll, one timer.
class Driver {
public:
    explicit Driver(CURLM* multi) : multi_(multi) {
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Driver::on_socket);
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Driver::on_timer);
    }
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;
    ~Driver() { ::close(epoll_); }

    void turn() {
        std::array<epoll_event, 128> ready;
        const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), wait());
        int running = 0;
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = ready[static_cast<std::size_t>(i)];
            const int what = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                             ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                             ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi_, event.data.fd, what, &running);
        }
        if (timer_ && *timer_ <= Clock::now()) {
            timer_.reset();
            curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
        }
    }

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] int wait() const {
        if (!timer_) {
            return -1;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - Clock::now()).count();
        return static_cast<int>(std::max<std::int64_t>(left, 0));
    }

    static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void* known) {
        auto& self = *static_cast<Driver*>(user);
        epoll_event event{};
        event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
        event.data.fd = fd;
        if (what == CURL_POLL_REMOVE) {
            ::epoll_ctl(self.epoll_, EPOLL_CTL_DEL, fd, nullptr);
        } else {
            ::epoll_ctl(self.epoll_, known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
            curl_multi_assign(self.multi_, fd, &self);
        }
        return 0;
    }

    static int on_timer(CURLM*, long milliseconds, void* user) {
        auto& self = *static_cast<Driver*>(user);
        self.timer_.reset();
        if (milliseconds >= 0) {
            self.timer_ = Clock::now() + std::chrono::milliseconds(milliseconds);
        }
        return 0;
    }

    CURLM* const multi_;
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::optional<Clock::time_point> timer_;
};
#else
constexpr std::string_view peer_name = "curl-poll";

class Driver {
public:
    explicit Driver(CURLM* multi) : multi_(multi) {}
    void turn() {
        int running = 0;
        curl_multi_perform(multi_, &running);
        if (running > 0) {
            curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
        }
    }

private:
    CURLM* const multi_;
};
#endif

class Curl {
public:
    explicit Curl(const Arguments& arguments) : arguments_(arguments) {
        // As many connections as are used are kept.
        curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                          static_cast<long>(std::max(arguments.requests, arguments.concurrency)));
        headers_ = curl_slist_append(headers_, "Expect:");
        if (arguments.sends()) {
            const std::string type = "Content-Type: " + std::string(arguments.content_type());
            headers_ = curl_slist_append(headers_, type.c_str());
        }
    }
    Curl(const Curl&) = delete;
    Curl& operator=(const Curl&) = delete;
    ~Curl() {
        for (const auto& transfer : transfers_) {
            curl_easy_cleanup(transfer->easy);  // May be null.
        }
        driver_.reset();
        curl_multi_cleanup(multi_);
        curl_slist_free_all(headers_);
    }

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        std::size_t to_begin = requests;
        const auto begin = [&](Transfer& transfer) {
            --to_begin;
            if (transfer.easy == nullptr) {
                set_up(transfer);
            }
            transfer.body.clear();
            transfer.dropped = 0;
            transfer.sent = 0;
            curl_multi_add_handle(multi_, transfer.easy);
        };
        for (std::size_t i = 0; i < concurrency && to_begin > 0; ++i) {
            if (i == transfers_.size()) {
                transfers_.push_back(std::make_unique<Transfer>());
            }
            begin(*transfers_[i]);
        }
        while (totals_.requests < requests) {
            driver_->turn();
            int left = 0;
            while (CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
                Transfer& transfer = end(*message);
                if (to_begin > 0) {
                    begin(transfer);
                }
            }
        }
        return totals_;
    }

private:
    struct Transfer {
        CURL* easy = nullptr;
        const Curl* self = nullptr;
        std::string body{};
        std::uint64_t dropped = 0;
        std::size_t sent = 0;
    };

    void set_up(Transfer& transfer) {
        transfer.self = this;
        CURL* const easy = transfer.easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, arguments_.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "bench");
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Curl::on_body);
        if (arguments_.mode == Mode::download) {
            curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 512L * 1024);
        } else if (arguments_.mode == Mode::post) {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(arguments_.body_size));
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_of(arguments_).data());
        } else if (arguments_.mode == Mode::upload) {
            curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
            curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 2L * 1024 * 1024);
            curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(arguments_.body_size));
            curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
            curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Curl::on_read);
        }
    }

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
        auto& transfer = *static_cast<Transfer*>(user);
        const Arguments& arguments = transfer.self->arguments_;
        if (arguments.mode == Mode::download && !arguments.collect) {
            transfer.dropped += size * count;
        } else {
            transfer.body.append(data, size * count);
        }
        return size * count;
    }

    static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* user) {
        auto& transfer = *static_cast<Transfer*>(user);
        const std::string& body = body_of(transfer.self->arguments_);
        const std::size_t n = std::min(size * count, body.size() - transfer.sent);
        std::memcpy(to, body.data() + transfer.sent, n);
        transfer.sent += n;
        return n;
    }

    Transfer& end(const CURLMsg& message) {
        CURL* const easy = message.easy_handle;
        const CURLcode result = message.data.result;
        Transfer* transfer = nullptr;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (result != CURLE_OK || status != 200) {
            stop(std::string("curl: ") + curl_easy_strerror(result));
        }
        ++totals_.requests;
        totals_.bytes += transfer->body.size() + transfer->dropped;
        curl_multi_remove_handle(multi_, easy);
        if (arguments_.collect) {
            std::string().swap(transfer->body);  // The user takes it; an assignment would keep the memory.
        } else if (arguments_.mode == Mode::idle) {
            // The connection stays in the multi handle; the next request can have another easy handle.
            std::string().swap(transfer->body);
            curl_easy_cleanup(std::exchange(transfer->easy, nullptr));
        }
        return *transfer;
    }

    const Arguments arguments_;
    CURLM* multi_ = curl_multi_init();
    std::optional<Driver> driver_{std::in_place, multi_};
    curl_slist* headers_ = nullptr;
    std::vector<std::unique_ptr<Transfer>> transfers_;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return run<Curl>(argc, argv, peer_name);
}
