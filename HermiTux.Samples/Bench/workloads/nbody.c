/* The five outer bodies of the solar system, advanced by a symplectic integrator: double-precision arithmetic with square roots and divisions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define BODIES 5

static double position[BODIES][3] = {
    { 0, 0, 0 },
    { 4.84143144246472090, -1.16032004402742839, -0.103622044471123109 },
    { 8.34336671824457987, 4.12479856412430479, -0.403523417114321381 },
    { 12.8943695621391310, -15.1111514016986312, -0.223307578892655734 },
    { 15.3796971148509165, -25.9193146099879641, 0.179258772950371181 },
};
static double velocity[BODIES][3] = {
    { 0, 0, 0 },
    { 0.606326392995832, 2.81198684491626, -0.02521836165988763 },
    { -1.01077434617879, 1.82566237123041, 0.00841576137658415 },
    { 1.08279100644153, 0.868713018169608, -0.0108326374013636 },
    { 0.979090732243897, 0.594698998647676, -0.0347559555780794 },
};
static double mass[BODIES] = { 39.47841760435743, 0.03769367487038949, 0.011286326131968767, 0.0017237240570597112, 0.002033686869924631 };

static double energy(void)
{
    double e = 0;
    for (int i = 0; i < BODIES; i++) {
        for (int k = 0; k < 3; k++)
            e += 0.5 * mass[i] * velocity[i][k] * velocity[i][k];
        for (int j = i + 1; j < BODIES; j++) {
            double d2 = 0;
            for (int k = 0; k < 3; k++)
                d2 += (position[i][k] - position[j][k]) * (position[i][k] - position[j][k]);
            e -= mass[i] * mass[j] / sqrt(d2);
        }
    }
    return e;
}

int main(int argc, char **argv)
{
    int steps = argc > 1 ? atoi(argv[1]) : 100000;
    double momentum[3] = { 0 };
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++)
            momentum[k] += velocity[i][k] * mass[i];
    for (int k = 0; k < 3; k++)
        velocity[0][k] = -momentum[k] / mass[0];
    printf("%.9f\n", energy());
    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < BODIES; i++)
            for (int j = i + 1; j < BODIES; j++) {
                double d[3], d2 = 0;
                for (int k = 0; k < 3; k++) {
                    d[k] = position[i][k] - position[j][k];
                    d2 += d[k] * d[k];
                }
                double magnitude = 0.01 / (d2 * sqrt(d2));
                for (int k = 0; k < 3; k++) {
                    velocity[i][k] -= d[k] * mass[j] * magnitude;
                    velocity[j][k] += d[k] * mass[i] * magnitude;
                }
            }
        for (int i = 0; i < BODIES; i++)
            for (int k = 0; k < 3; k++)
                position[i][k] += 0.01 * velocity[i][k];
    }
    printf("%.9f\n", energy());
    return 0;
}
