#include "check.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void line(const char *path, const char *word)
{
    char text[500];
    FILE *f = fopen(path, "r");
    while (f && fgets(text, sizeof text, f))
        if (strstr(text, word))
            printf("%s: %s", path, text);
    if (f)
        fclose(f);
}

int main(void)
{
    syscall(SYS_close_range, 3, ~0u, 0);
    struct ifaddrs *all;
    char text[100];
    T(getifaddrs(&all));
    for (struct ifaddrs *i = all; i; i = i->ifa_next) {
        if (strcmp(i->ifa_name, "lo"))
            continue;
        int family = i->ifa_addr ? i->ifa_addr->sa_family : -1;
        printf("%s flags %x family %d", i->ifa_name, i->ifa_flags, family);
        if (family == AF_INET)
            printf(" %s", inet_ntop(AF_INET, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, text, sizeof text)),
            printf(" %s", inet_ntop(AF_INET, &((struct sockaddr_in *)i->ifa_netmask)->sin_addr, text, sizeof text));
        if (family == AF_INET6)
            printf(" %s", inet_ntop(AF_INET6, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, text, sizeof text)),
            printf(" %s", inet_ntop(AF_INET6, &((struct sockaddr_in6 *)i->ifa_netmask)->sin6_addr, text, sizeof text));
        printf("\n");
    }
    struct if_nameindex *names = if_nameindex();
    printf("%d %s\n", names[0].if_index, names[0].if_name);
    T(if_nametoindex("lo"));
    T(if_nametoindex("none"));
    printf("%s\n", if_indextoname(1, text));
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq r;
    memset(&r, 0, sizeof r);
    strcpy(r.ifr_name, "lo");
    T(ioctl(s, SIOCGIFFLAGS, &r));
    printf("%x\n", r.ifr_flags & 0xffff);
    T(ioctl(s, SIOCGIFADDR, &r));
    printf("%s\n", inet_ntoa(((struct sockaddr_in *)&r.ifr_addr)->sin_addr));
    T(ioctl(s, SIOCGIFNETMASK, &r));
    printf("%s\n", inet_ntoa(((struct sockaddr_in *)&r.ifr_addr)->sin_addr));
    T(ioctl(s, SIOCGIFMTU, &r));
    printf("%d\n", r.ifr_mtu);
    T(ioctl(s, SIOCGIFHWADDR, &r));
    printf("%d %d\n", r.ifr_hwaddr.sa_family, r.ifr_hwaddr.sa_data[0]);
    T(ioctl(s, SIOCGIFINDEX, &r));
    printf("%d\n", r.ifr_ifindex);
    strcpy(r.ifr_name, "none");
    T(ioctl(s, SIOCGIFADDR, &r));
    T(ioctl(s, SIOCGIFADDR, BAD));
    T(ioctl(s, 0x12345, 0));
    struct ifconf c = { .ifc_len = 0 };
    T(ioctl(s, SIOCGIFCONF, &c));
    T(c.ifc_len >= 40);
    line("/proc/net/if_inet6", "lo");
    line("/sys/class/net/lo/ifindex", "1");
    line("/sys/class/net/lo/address", "00");
    line("/sys/class/net/lo/mtu", "6");

    int n = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct sockaddr_nl a = { .nl_family = AF_NETLINK };
    socklen_t l = sizeof a;
    T(bind(n, (void *)&a, 5));
    T(bind(n, (void *)&a, sizeof a));
    T(getsockname(n, (void *)&a, &l));
    printf("%d %d\n", l, a.nl_pid != 0);
    struct { struct nlmsghdr h; struct ifinfomsg i; } q = { { sizeof q, RTM_GETLINK, NLM_F_REQUEST, 7 }, { .ifi_index = 1 } };
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    T(sendto(n, &q, sizeof q, 0, (void *)&kernel, sizeof kernel));
    char b[8192];
    OK(recv(n, b, sizeof b, 0));
    struct nlmsghdr *h = (void *)b;
    printf("%d %d %d\n", h->nlmsg_type, h->nlmsg_seq, ((struct ifinfomsg *)NLMSG_DATA(h))->ifi_index);
    q.i.ifi_index = 9999;
    T(sendto(n, &q, sizeof q, 0, (void *)&kernel, sizeof kernel));
    recv(n, b, sizeof b, 0);
    printf("%d %d\n", h->nlmsg_type, ((struct nlmsgerr *)NLMSG_DATA(h))->error);
    T(recv(n, b, sizeof b, MSG_DONTWAIT));
    T(socket(AF_NETLINK, SOCK_STREAM, 0));
    T(socket(AF_NETLINK, SOCK_RAW, 99));
    return 0;
}
