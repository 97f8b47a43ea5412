// The C++ standard library's threads.
#include <atomic>
#include <condition_variable>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <numeric>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static thread_local std::string name = "main";

struct Counted {
    static std::atomic<int> alive;
    Counted() { alive++; }
    ~Counted() { alive--; }
};
std::atomic<int> Counted::alive{0};

static int deep(int n)
{
    Counted c;
    if (n == 0)
        throw std::runtime_error("from the depth");
    return deep(n - 1) + 1;
}

int main()
{
    std::vector<std::thread> threads;
    std::mutex mutex;
    std::map<int, std::string> names;
    std::atomic<long> total{0};
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&, i] {
            name = "thread " + std::to_string(i);
            for (int j = 0; j < 1000; j++)
                total += j;
            std::lock_guard<std::mutex> lock(mutex);
            names[i] = name;
        });
    for (auto &t : threads)
        t.join();
    for (auto &[i, n] : names)
        std::cout << i << ' ' << n << '\n';
    std::cout << total << ' ' << name << '\n';

    int caught = 0;
    for (int i = 0; i < 20; i++) {
        auto f = std::async(std::launch::async, [i] { return deep(i); });
        try {
            f.get();
        } catch (const std::runtime_error &e) {
            caught += std::string(e.what()) == "from the depth";
        }
    }
    std::cout << "caught " << caught << " alive " << Counted::alive << '\n';

    std::promise<int> promise;
    auto future = promise.get_future();
    std::thread setter([&] { promise.set_value(42); });
    std::cout << future.get() << '\n';
    setter.join();

    std::condition_variable cv;
    int stage = 0;
    std::thread pong([&] {
        for (int i = 0; i < 200; i++) {
            std::unique_lock<std::mutex> lock(mutex);
            cv.wait(lock, [&] { return stage % 2 == 1; });
            stage++;
            cv.notify_one();
        }
    });
    for (int i = 0; i < 200; i++) {
        std::unique_lock<std::mutex> lock(mutex);
        cv.wait(lock, [&] { return stage % 2 == 0; });
        stage++;
        cv.notify_one();
    }
    pong.join();
    std::cout << "stage " << stage << '\n';

    std::once_flag flag;
    std::atomic<int> once{0};
    std::vector<std::future<long>> parts;
    std::vector<int> data(40000);
    std::iota(data.begin(), data.end(), 1);
    for (int i = 0; i < 4; i++)
        parts.push_back(std::async(std::launch::async, [&, i] {
            std::call_once(flag, [&] { once++; });
            return std::accumulate(data.begin() + i * 10000, data.begin() + (i + 1) * 10000, 0L);
        }));
    long sum = 0;
    for (auto &p : parts)
        sum += p.get();
    std::cout << sum << " once " << once << '\n';
}
