/* Integer kernels of cryptography: SHA-256, AES-128 by tables and ChaCha20; rotations, table look-ups, long dependency chains. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t rotate_right(uint32_t v, int n) { return v >> n | v << (32 - n); }
static uint32_t rotate_left(uint32_t v, int n) { return v << n | v >> (32 - n); }

static uint32_t sha_constant[64], sha_start[8];

/* The first 32 bits of the fractional part of a root of v, by integer search. */
static uint32_t root_fraction(uint64_t v, int cube)
{
    unsigned __int128 low = 0, high = (unsigned __int128)1 << 40;
    while (high - low > 1) { /* the greatest r with r^k <= v * 2^(32 k) */
        unsigned __int128 r = (low + high) / 2;
        int above = cube ? r * r > ((unsigned __int128)v << 96) / r : r * r > (unsigned __int128)v << 64;
        if (above)
            high = r;
        else
            low = r;
    }
    return (uint32_t)low;
}

static void sha_prepare(void)
{
    int found = 0;
    for (int p = 2; found < 64; p++) {
        int prime = 1;
        for (int d = 2; d * d <= p; d++)
            prime &= p % d != 0;
        if (!prime)
            continue;
        if (found < 8)
            sha_start[found] = root_fraction((uint64_t)p, 0);
        sha_constant[found++] = root_fraction((uint64_t)p, 1);
    }
}

static void sha_block(uint32_t h[8], const unsigned char *data)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)data[4 * i] << 24 | (uint32_t)data[4 * i + 1] << 16 | (uint32_t)data[4 * i + 2] << 8 | data[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (rotate_right(w[i - 15], 7) ^ rotate_right(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (rotate_right(w[i - 2], 17) ^ rotate_right(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(s, h, 32);
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = s[7] + (rotate_right(s[4], 6) ^ rotate_right(s[4], 11) ^ rotate_right(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha_constant[i] + w[i];
        uint32_t t2 = (rotate_right(s[0], 2) ^ rotate_right(s[0], 13) ^ rotate_right(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 28);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

static unsigned char sbox[256];
static uint32_t aes_table[4][256], aes_key[44];

static unsigned char twice(unsigned char v) { return (unsigned char)(v << 1 ^ (v & 0x80 ? 0x1B : 0)); }

static void aes_prepare(const unsigned char key[16])
{
    unsigned char p = 1, q = 1;
    do { /* p runs through the field by 3, q through the inverses */
        p ^= twice(p);
        q ^= (unsigned char)(q << 1);
        q ^= (unsigned char)(q << 2);
        q ^= (unsigned char)(q << 4);
        if (q & 0x80)
            q ^= 0x09;
        unsigned char x = q ^ (unsigned char)(q << 1 | q >> 7) ^ (unsigned char)(q << 2 | q >> 6) ^ (unsigned char)(q << 3 | q >> 5) ^ (unsigned char)(q << 4 | q >> 4);
        sbox[p] = x ^ 0x63;
    } while (p != 1);
    sbox[0] = 0x63;
    for (int i = 0; i < 256; i++) {
        uint32_t s = sbox[i], s2 = twice(sbox[i]);
        aes_table[0][i] = s2 << 24 | s << 16 | s << 8 | (s2 ^ s);
        for (int k = 1; k < 4; k++)
            aes_table[k][i] = rotate_right(aes_table[0][i], 8 * k);
    }
    unsigned char round = 1;
    for (int i = 0; i < 44; i++) {
        if (i < 4) {
            aes_key[i] = (uint32_t)key[4 * i] << 24 | (uint32_t)key[4 * i + 1] << 16 | (uint32_t)key[4 * i + 2] << 8 | key[4 * i + 3];
            continue;
        }
        uint32_t t = aes_key[i - 1];
        if (i % 4 == 0) {
            t = rotate_left(t, 8);
            t = (uint32_t)sbox[t >> 24] << 24 | (uint32_t)sbox[t >> 16 & 255] << 16 | (uint32_t)sbox[t >> 8 & 255] << 8 | sbox[t & 255];
            t ^= (uint32_t)round << 24;
            round = twice(round);
        }
        aes_key[i] = aes_key[i - 4] ^ t;
    }
}

static void aes_encrypt(uint32_t s[4])
{
    uint32_t t[4];
    for (int i = 0; i < 4; i++)
        s[i] ^= aes_key[i];
    for (int round = 1; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            t[i] = aes_table[0][s[i] >> 24] ^ aes_table[1][s[(i + 1) & 3] >> 16 & 255] ^ aes_table[2][s[(i + 2) & 3] >> 8 & 255] ^
                   aes_table[3][s[(i + 3) & 3] & 255] ^ aes_key[4 * round + i];
        memcpy(s, t, sizeof t);
    }
    for (int i = 0; i < 4; i++)
        t[i] = ((uint32_t)sbox[s[i] >> 24] << 24 | (uint32_t)sbox[s[(i + 1) & 3] >> 16 & 255] << 16 | (uint32_t)sbox[s[(i + 2) & 3] >> 8 & 255] << 8 |
                sbox[s[(i + 3) & 3] & 255]) ^ aes_key[40 + i];
    memcpy(s, t, sizeof t);
}

static void chacha(uint32_t out[16], const uint32_t in[16])
{
    memcpy(out, in, 64);
#define QUARTER(a, b, c, d)                                                             \
    out[a] += out[b]; out[d] = rotate_left(out[d] ^ out[a], 16);                        \
    out[c] += out[d]; out[b] = rotate_left(out[b] ^ out[c], 12);                        \
    out[a] += out[b]; out[d] = rotate_left(out[d] ^ out[a], 8);                         \
    out[c] += out[d]; out[b] = rotate_left(out[b] ^ out[c], 7);
    for (int i = 0; i < 10; i++) {
        QUARTER(0, 4, 8, 12) QUARTER(1, 5, 9, 13) QUARTER(2, 6, 10, 14) QUARTER(3, 7, 11, 15)
        QUARTER(0, 5, 10, 15) QUARTER(1, 6, 11, 12) QUARTER(2, 7, 8, 13) QUARTER(3, 4, 9, 14)
    }
    for (int i = 0; i < 16; i++)
        out[i] += in[i];
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    sha_prepare();
    unsigned char block[64] = "abc\x80";
    block[63] = 24;
    uint32_t h[8];
    memcpy(h, sha_start, sizeof h);
    sha_block(h, block);
    int good = h[0] == 0xBA7816BF && h[7] == 0xF20015AD; /* FIPS 180-4 */
    unsigned char key[16];
    uint32_t s[4];
    for (int i = 0; i < 16; i++)
        key[i] = (unsigned char)i;
    aes_prepare(key);
    for (uint32_t i = 0; i < 4; i++)
        s[i] = 0x44444444 * i + 0x00112233;
    aes_encrypt(s);
    good &= s[0] == 0x69C4E0D8 && s[3] == 0x70B4C55A; /* FIPS 197, C.1 */
    uint32_t state[16] = { 0x61707865, 0x3320646E, 0x79622D32, 0x6B206574 }, out[16] = { 0 };
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < 16; i++) {
            memcpy(block, h, 32);
            memcpy(block + 32, out, 32);
            sha_block(h, block);
        }
        for (int i = 0; i < 64; i++) {
            s[i & 3] ^= h[i & 7];
            aes_encrypt(s);
        }
        for (int i = 0; i < 16; i++) {
            state[4 + i % 12] ^= s[i & 3];
            chacha(out, state);
            state[12]++;
        }
    }
    printf("%08x %08x %08x %s\n", h[0], s[0], out[0], good ? "verified" : "WRONG");
    return !good;
}
