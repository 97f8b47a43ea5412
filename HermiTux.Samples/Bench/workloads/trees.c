/* Binary trees made and freed by the thousand: malloc, recursion, pointer chasing. */
#include <stdio.h>
#include <stdlib.h>

struct node { struct node *left, *right; };

static struct node *make(int depth)
{
    struct node *n = malloc(sizeof *n);
    n->left = depth > 0 ? make(depth - 1) : NULL;
    n->right = depth > 0 ? make(depth - 1) : NULL;
    return n;
}

static int check(const struct node *n) { return n->left ? 1 + check(n->left) + check(n->right) : 1; }

static void discard(struct node *n)
{
    if (n->left) {
        discard(n->left);
        discard(n->right);
    }
    free(n);
}

int main(int argc, char **argv)
{
    int deepest = argc > 1 ? atoi(argv[1]) : 10, share = argc > 2 ? atoi(argv[2]) : 1;
    struct node *keep = make(deepest);
    for (int depth = 4; depth <= deepest; depth += 2) {
        int times = (1 << (deepest - depth + 4)) / share, sum = 0;
        for (int i = 0; i < times; i++) {
            struct node *n = make(depth);
            sum += check(n);
            discard(n);
        }
        printf("%d trees of depth %d: %d\n", times, depth, sum);
    }
    printf("%d\n", check(keep));
    discard(keep);
    return 0;
}
