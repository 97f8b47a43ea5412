#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

int main(void)
{
    printf("%s\n", setlocale(LC_ALL, "C.UTF-8") ? "utf-8" : "none");
    wchar_t wide[64];
    size_t n = mbstowcs(wide, "na\xc3\xafve \xe6\xbc\xa2\xe5\xad\x97", 64);
    printf("%zu", n);
    for (size_t i = 0; i < n && n != (size_t)-1; i++)
        printf(" %x%c", (unsigned)towupper(wide[i]), iswalpha(wide[i]) ? 'a' : '-');
    printf("\n%ls\n", wide);
    struct tm tm = { .tm_year = 124, .tm_mon = 1, .tm_mday = 29, .tm_hour = 13, .tm_min = 5, .tm_wday = 4, .tm_yday = 59 };
    char buffer[100];
    strftime(buffer, sizeof buffer, "%A %d %B %Y %H:%M %j %U %%", &tm);
    puts(buffer);
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    time_t t = 1720000000;
    strftime(buffer, sizeof buffer, "%F %T %Z %z", localtime(&t));
    puts(buffer);
    struct lconv *l = localeconv();
    printf("[%s] [%s] %d %d\n", l->decimal_point, l->thousands_sep, isalpha('x') != 0, toupper('q'));
    printf("%d %d\n", strcoll("abc", "abd") < 0, strcasecmp("HeLLo", "hEllO"));
    return 0;
}
