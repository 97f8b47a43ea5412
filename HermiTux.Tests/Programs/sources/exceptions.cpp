#include <algorithm>
#include <chrono>
#include <functional>
#include <iomanip>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

struct Noisy {
    int id;
    explicit Noisy(int i) : id(i) { std::cout << "+" << id << ' '; }
    ~Noisy() { std::cout << "-" << id << ' '; }
};

struct Base {
    virtual ~Base() = default;
    virtual std::string name() const { return "base"; }
};
struct Derived : Base {
    std::string name() const override { return "derived"; }
};

static int thrower(int n)
{
    Noisy guard(n);
    if (n == 0)
        throw std::runtime_error("bottom");
    return thrower(n - 1) + 1;
}

int main()
{
    try {
        thrower(5);
    } catch (const std::logic_error &) {
        std::cout << "wrong\n";
    } catch (const std::exception &e) {
        std::cout << "\ncaught " << e.what() << '\n';
    }
    try {
        try {
            throw 42;
        } catch (int i) {
            std::throw_with_nested(std::out_of_range("outer " + std::to_string(i)));
        }
    } catch (const std::exception &e) {
        std::cout << e.what() << '\n';
        try {
            std::rethrow_if_nested(e);
        } catch (int i) {
            std::cout << "nested " << i << '\n';
        }
    }
    try {
        std::vector<int>(3).at(10);
    } catch (const std::out_of_range &e) {
        std::cout << e.what() << '\n';
    }
    std::unique_ptr<Base> b = std::make_unique<Derived>();
    std::cout << b->name() << ' ' << (dynamic_cast<Derived *>(b.get()) != nullptr) << '\n';
    std::cout << std::setprecision(17) << 0.1 + 0.2 << ' ' << std::hex << std::showbase << 255 << std::dec << ' ' << std::setw(10) << std::setfill('*') << 42 << ' '
              << std::scientific << 12345.678L << ' ' << std::boolalpha << true << ' ' << std::numeric_limits<double>::infinity() << '\n';
    std::istringstream in("12 3.5 word 0x1f rest of line");
    int i;
    double d;
    std::string w, line;
    in >> i >> d >> w >> std::hex;
    std::getline(in, line);
    std::cout << std::fixed << i << ' ' << d << ' ' << w << '|' << line << '\n';
    std::map<std::string, int> m;
    for (const char *s : { "b", "a", "c", "a" })
        m[s]++;
    for (auto &[k, v] : m)
        std::cout << k << v << ' ';
    std::mt19937_64 rng(42);
    std::vector<unsigned long> v(1000);
    std::generate(v.begin(), v.end(), rng);
    std::sort(v.begin(), v.end());
    std::cout << v[0] << ' ' << v[999] << ' ' << std::accumulate(v.begin(), v.end(), 0ul) << '\n';
    std::normal_distribution<double> normal;
    double sum = 0;
    for (int k = 0; k < 1000; k++)
        sum += normal(rng);
    std::cout << std::setprecision(9) << sum << '\n';
    std::unordered_map<int, std::string> u;
    for (int k = 0; k < 10000; k++)
        u[k * 7919] = std::to_string(k);
    std::cout << u.size() << ' ' << u[7919 * 1234] << '\n';
    std::smatch match;
    std::string text = "key=value; other=thing";
    std::cout << std::regex_search(text, match, std::regex("(\\w+)=(\\w+); (.*)")) << ' ' << match[2] << '\n';
    std::variant<int, std::string> var = "text";
    std::cout << std::visit([](auto &&x) { std::ostringstream o; o << x; return o.str(); }, var) << ' ' << std::optional<int>().value_or(3) << '\n';
    std::function<int(int)> fact = [&](int n) { return n < 2 ? 1 : n * fact(n - 1); };
    std::cout << fact(10) << std::endl;
    std::cerr << "to standard error\n";
    return 3;
}
