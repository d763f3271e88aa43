// An HTTP origin for load, a program of its own: one thread, epoll, and no code of ferry. It prints two ports, and serves
// the first until it is killed. At the second nobody accepts, and there is no room left to wait: connects are not answered.
//
//     /ok      200 and a body; but one request in a hundred meets the next of the failures below
//     /meet/N  answers nobody until N connections are asking
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// One thing that is done for an answer.
struct Step {
    enum class Type : std::uint8_t { send, fin, reset, silence };
    Type type = Type::send;
    std::string_view bytes{};
    milliseconds after{0};  ///< Since the step before it.
};

/// What is done instead of `good`. When a failure is met, and by what.
struct Failure {
    enum class Met : std::uint8_t {
        asked,  ///< The request is complete.
        head,   ///< Its head is.
        half,   ///< Its head is, and half of its body.
    };
    Met met = Met::asked;
    std::vector<Step> steps{};
};

Step say(std::string_view bytes, milliseconds after = 0ms) { return {Step::Type::send, bytes, after}; }
Step fin(milliseconds after = 0ms) { return {Step::Type::fin, {}, after}; }
Step reset(milliseconds after = 0ms) { return {Step::Type::reset, {}, after}; }
Step silence() { return {Step::Type::silence, {}, {}}; }

const std::vector<Failure>& failures() {
    using Met = Failure::Met;
    static const std::vector<Failure> all{
        // No answer.
        {Met::asked, {fin()}},
        {Met::asked, {reset()}},
        {Met::asked, {silence()}},
        // A part of one.
        {Met::asked, {say("HTTP/1.1 200 OK\r\nContent-"), fin()}},
        {Met::asked, {say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"), fin()}},
        {Met::asked, {say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"), reset()}},
        {Met::asked, {say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"), silence()}},
        {Met::asked, {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), fin()}},
        // Rubbish.
        {Met::asked, {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")}},
        {Met::asked, {say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello")}},
        {Met::asked, {say("220 hello\r\n\r\n")}},
        // All of it, and then something: at once, and when the connection is idle, or serves the next request. What
        // comes then must not look like a response: nobody could tell that it is not the one to that request.
        {Met::asked,
         {say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 299 Stale\r\nContent-Length: 0\r\n\r\n")}},
        {Met::asked, {say(good), fin()}},
        {Met::asked, {say(good), reset()}},
        {Met::asked, {say(good), say("late rubbish\r\n\r\n", 20ms)}},
        {Met::asked, {say(good), fin(20ms)}},
        {Met::asked, {say(good), reset(20ms)}},
        // Slowly.
        {Met::asked,
         {say("HTTP/1.1 200 O", 50ms), say("K\r\nContent-Length: 5\r\n\r", 50ms), say("\nh", 50ms), say("ello", 50ms)}},
        {Met::asked,
         {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), say("2\r\nhe\r\n", 20ms), say("3\r", 20ms),
          say("\nllo\r\n0\r\n\r\n", 20ms)}},
        // With others before it.
        {Met::asked, {say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), say(good)}},
        {Met::asked, {say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"), say(good, 20ms)}},
        {Met::asked, {say("HTTP/1.1 103 Early Hints\r\n\r\n"), fin()}},
        // Before the request is complete.
        {Met::head, {reset()}},
        {Met::half, {reset()}},
        {Met::half, {fin()}},
        {Met::head,
         {say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"), fin(20ms)}},
        {Met::half, {say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nhello"), silence()}},
        {Met::half, {say(good)}},
    };
    return all;
}

/// A connection, and the request that comes on it.
struct Connection {
    std::uint64_t serial = 0;
    std::string head{};
    bool has_head = false;
    std::size_t body_left = 0;
    std::size_t fails_at = 0;  ///< When so much of the body is left.
    const Failure* failure = nullptr;
    std::size_t meets = 0;
    bool answered = false;
};

/// What is still to be done for an answer.
struct Later {
    Clock::time_point when;
    int fd = -1;
    std::uint64_t serial = 0;  ///< Of the connection: the descriptor may be another's by then.
    const std::vector<Step>* steps = nullptr;
    std::size_t next = 0;

    friend bool operator<(const Later& a, const Later& b) { return a.when > b.when; }
};

void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

int listen_at_any_port(int backlog, unsigned& port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, backlog) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        die("flaky_origin");
    }
    port = ntohs(address.sin_port);
    return fd;
}

/// A port whose queue is full: what comes is not answered. The descriptors stay open as long as the program.
unsigned silent_port() {
    unsigned port = 0;
    listen_at_any_port(0, port);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    for (int i = 0; i < 4; ++i) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    return port;
}

class Origin {
public:
    Origin();
    [[noreturn]] void run();

private:
    void accept_all();
    void read(int fd);
    /// The head is complete, and more may be behind it.
    void begin(Connection& connection);
    /// More of the body, or all of it, has come.
    void go_on(int fd, Connection& connection);
    void meet(int fd, std::size_t count);
    void play(Later answer);
    void end(int fd, bool reset);
    [[nodiscard]] int patience() const;

    int listener_ = -1;
    int poll_ = -1;
    std::uint64_t requests_ = 0;
    std::size_t next_failure_ = 0;
    std::uint64_t next_serial_ = 0;
    std::unordered_map<int, Connection> open_;
    std::vector<int> meeting_;
    std::priority_queue<Later> later_;
};

Origin::Origin() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    unsigned port = 0;
    listener_ = listen_at_any_port(4096, port);
    poll_ = epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{.events = EPOLLIN, .data = {.fd = listener_}};
    epoll_ctl(poll_, EPOLL_CTL_ADD, listener_, &event);
    std::printf("%u %u\n", port, silent_port());
    std::fflush(stdout);
}

int Origin::patience() const {
    if (later_.empty()) {
        return -1;
    }
    const auto left = std::chrono::ceil<milliseconds>(later_.top().when - Clock::now());
    return static_cast<int>(std::max(left, 0ms).count());
}

void Origin::run() {
    std::array<epoll_event, 256> events;
    for (;;) {
        const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), patience());
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == listener_) {
                accept_all();
            } else if (open_.contains(fd)) {
                read(fd);
            }
        }
        while (!later_.empty() && later_.top().when <= Clock::now()) {
            const Later due = later_.top();
            later_.pop();
            if (const auto found = open_.find(due.fd); found != open_.end() && found->second.serial == due.serial) {
                play(due);
            }
        }
    }
}

void Origin::accept_all() {
    for (;;) {
        const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
        open_[fd] = Connection{.serial = ++next_serial_};
    }
}

void Origin::read(int fd) {
    std::array<char, 64 * 1024> buffer;
    const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        end(fd, false);
        return;
    }
    Connection& connection = open_[fd];
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (!connection.has_head) {
        const std::size_t before = connection.head.size();
        connection.head += bytes;
        const std::size_t blank = connection.head.find("\r\n\r\n");
        if (blank == std::string::npos) {
            return;
        }
        bytes.remove_prefix(blank + 4 - before);
        connection.head.resize(blank + 4);
        begin(connection);
    }
    connection.body_left -= std::min(connection.body_left, bytes.size());
    go_on(fd, connection);
}

void Origin::begin(Connection& connection) {
    constexpr std::string_view length = "\r\nContent-Length: ";
    constexpr std::string_view meeting = "GET /meet/";
    const std::string& head = connection.head;
    connection.has_head = true;
    const std::size_t at = head.find(length);
    connection.body_left = at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + length.size(), nullptr, 10);
    connection.meets = head.starts_with(meeting) ? std::strtoul(head.c_str() + meeting.size(), nullptr, 10) : 0;
    if (connection.meets > 0 || ++requests_ % 100 != 0) {
        return;
    }
    connection.failure = &failures()[next_failure_++ % failures().size()];
    connection.fails_at = connection.failure->met == Failure::Met::asked  ? 0
                          : connection.failure->met == Failure::Met::head ? connection.body_left
                                                                          : connection.body_left / 2;
}

void Origin::go_on(int fd, Connection& connection) {
    static const std::vector<Step> usual{say(good)};
    const bool complete = connection.body_left == 0;
    const std::size_t meets = connection.meets;
    const bool answers = !connection.answered && meets == 0 &&
                         (connection.failure != nullptr ? connection.body_left <= connection.fails_at : complete);
    const std::vector<Step>* steps = connection.failure != nullptr ? &connection.failure->steps : &usual;
    const std::uint64_t serial = connection.serial;
    connection.answered = !complete && (connection.answered || answers);
    if (complete) {
        connection = Connection{.serial = serial};
    }
    if (answers) {
        play({.when = Clock::now() + steps->front().after, .fd = fd, .serial = serial, .steps = steps});
    } else if (complete && meets > 0) {
        meet(fd, meets);
    }
}

void Origin::meet(int fd, std::size_t count) {
    static const std::vector<Step> usual{say(good)};
    meeting_.push_back(fd);
    if (meeting_.size() >= count) {
        const std::vector<int> all = std::move(meeting_);
        meeting_.clear();
        for (const int other : all) {
            play({.when = Clock::now(), .fd = other, .serial = open_[other].serial, .steps = &usual});
        }
    }
}

/// Does what is due, and leaves the rest for later.
void Origin::play(Later answer) {
    for (; answer.next < answer.steps->size(); ++answer.next) {
        const Step& step = (*answer.steps)[answer.next];
        if (answer.when > Clock::now()) {
            later_.push(answer);
            return;
        }
        if (step.type == Step::Type::silence) {
            return;
        }
        if (step.type != Step::Type::send || send(answer.fd, step.bytes.data(), step.bytes.size(), MSG_NOSIGNAL) <= 0) {
            end(answer.fd, step.type == Step::Type::reset);
            return;
        }
        if (answer.next + 1 < answer.steps->size()) {
            answer.when = Clock::now() + (*answer.steps)[answer.next + 1].after;
        }
    }
}

void Origin::end(int fd, bool reset) {
    if (reset) {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    std::erase(meeting_, fd);
    open_.erase(fd);
    close(fd);
}

}  // namespace

int main() { Origin().run(); }
