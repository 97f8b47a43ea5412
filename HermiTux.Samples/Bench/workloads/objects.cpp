// C++: virtual calls, std::map and std::string, std::function, exceptions through several frames, dynamic_cast.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual long area() const = 0;
    virtual void grow(int by) = 0;
};
struct Square : Shape {
    long side;
    explicit Square(long s) : side(s) {}
    long area() const override { return side * side; }
    void grow(int by) override { side = (side + by) % 1000; }
};
struct Box : Shape {
    long a, b;
    Box(long a, long b) : a(a), b(b) {}
    long area() const override { return a * b; }
    void grow(int by) override { a = (a + by) % 900; b = (b * 3 + by) % 800; }
};
struct Ring : Square {
    using Square::Square;
    long area() const override { return Square::area() - side; }
};

struct Guard {
    long &count;
    explicit Guard(long &c) : count(c) {}
    ~Guard() { count++; }
};

__attribute__((noinline)) static long descend(int depth, int at, long &unwound)
{
    Guard guard(unwound);
    if (depth == 0) {
        if (at % 3 == 0)
            throw std::runtime_error("bottom");
        if (at % 3 == 1)
            throw at;
        return at;
    }
    return descend(depth - 1, at, unwound) + depth;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? std::atoi(argv[1]) : 10;
    std::uint64_t sum = 0;
    long unwound = 0;
    std::vector<std::unique_ptr<Shape>> shapes;
    for (int i = 0; i < 1000; i++) {
        if (i * 7 % 3 == 0)
            shapes.push_back(std::make_unique<Square>(i));
        else if (i * 5 % 7 < 3)
            shapes.push_back(std::make_unique<Box>(i, i / 2));
        else
            shapes.push_back(std::make_unique<Ring>(i + 3));
    }
    for (int r = 0; r < rounds; r++) {
        for (int k = 0; k < 20; k++)
            for (auto &s : shapes) {
                s->grow(k + r);
                sum += static_cast<std::uint64_t>(s->area());
            }
        for (auto &s : shapes)
            if (dynamic_cast<Ring *>(s.get()))
                sum += 3;
        std::map<std::string, int> words;
        std::unordered_map<std::string, int> hashed;
        for (int i = 0; i < 2000; i++) {
            std::string word = "word" + std::to_string(i * 7919 % 701);
            words[word] += i;
            hashed[word + "/long enough to leave the small string"] ^= i;
        }
        for (auto &[word, count] : words)
            sum = sum * 31 + word.size() + static_cast<unsigned>(count);
        sum += hashed.size();
        std::vector<std::function<long(long)>> functions;
        for (long k = 0; k < 16; k++)
            functions.push_back(k % 2 ? std::function<long(long)>([k](long v) { return v + k; }) : [k, r](long v) { return v * (k + 3) % 1000003 + r; });
        long v = r;
        for (int i = 0; i < 10000; i++)
            v = functions[(v ^ i) & 15](v);
        sum += static_cast<std::uint64_t>(v);
        for (int i = 0; i < 60; i++) {
            try {
                sum += static_cast<std::uint64_t>(descend(8, i, unwound));
            } catch (const std::exception &e) {
                sum += static_cast<unsigned char>(e.what()[0]);
            } catch (int at) {
                sum ^= static_cast<unsigned>(at);
            }
        }
    }
    std::printf("%llu %ld\n", static_cast<unsigned long long>(sum), unwound);
}
