// What the engine sends: its fields were judged when the request was submitted, and are not judged twice.
#pragma once

#include <ferry/http1.hpp>

#include <string_view>

namespace ferry::http1 {

struct Judged {
    /// Machine::send_request() for a method that is a token, and fields in which field_fault() finds no fault.
    [[nodiscard]] static Result<ConstBuffer> send_request(Machine& machine, std::string_view method,
                                                          std::string_view target, const Headers& headers);
};

}  // namespace ferry::http1
