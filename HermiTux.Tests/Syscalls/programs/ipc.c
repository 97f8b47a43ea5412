/* System V shared memory, semaphores and message queues; POSIX message queues. */
#include "check.h"
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>

static int id, sem, queue;
static mqd_t mq;
static void on_signal(int s, siginfo_t *i, void *c) { printf("  signal %d code %d value %d pid %d\n", s, i->si_code, i->si_value.sival_int, i->si_pid == getpid()); }
static void quiet(int s) { }

static void *posts(void *p)
{
    struct sembuf up = { 1, 2, 0 };
    settle();
    printf("  waiting %d %d\n", semctl(sem, 1, GETNCNT), semctl(sem, 1, GETZCNT));
    semop(sem, &up, 1);
    return 0;
}

static void *drops_to_zero(void *p)
{
    struct sembuf down = { 1, -1, 0 };
    settle();
    printf("  waiting %d %d\n", semctl(sem, 1, GETNCNT), semctl(sem, 1, GETZCNT));
    semop(sem, &down, 1);
    return 0;
}

static void *removes_sem(void *p) { settle(); semctl(sem, 0, IPC_RMID); return 0; }
static void *removes_queue(void *p) { settle(); msgctl(queue, IPC_RMID, 0); return 0; }
static void *sends_later(void *p) { struct { long t; char x[4]; } m = { 5, "abc" }; settle(); msgsnd(queue, &m, 4, 0); return 0; }
static void *receives_later(void *p) { char b[16384]; settle(); msgrcv(queue, b, 9000, 0, 0); return 0; }
static void *mq_sends(void *p) { settle(); mq_send(mq, "late", 4, 1); return 0; }
static void *mq_receives(void *p) { char b[100]; settle(); mq_receive(mq, b, 100, 0); return 0; }

int main(void)
{
    struct shmid_ds s;
    struct semid_ds d;
    struct msqid_ds q;
    pthread_t t;
    setvbuf(stdout, 0, _IOLBF, 0);
    key_t key = 0x5eed0000 + (getpid() & 0xff);

    puts("-- shared memory");
    T(shmget(key, 0, IPC_CREAT | 0600));
    T(shmget(key, 100, 0));
    OK(id = shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0640));
    T(shmget(key, 100, IPC_CREAT | IPC_EXCL));
    T(shmget(key, 20000, 0));
    T(shmget(key, 100, 0) == id);
    T(shmget(IPC_PRIVATE, ~0ul, IPC_CREAT));
    T(shmctl(id, IPC_STAT, &s));
    printf("%zu %o %d %d %ld %d\n", s.shm_segsz, s.shm_perm.mode, s.shm_perm.__key == key, s.shm_cpid == getpid(), (long)s.shm_nattch, s.shm_lpid);
    OK(shmat(-1, 0, 0));
    OK(shmat(id + 1000, 0, 0));
    OK(shmat(id, (void *)0x12345, 0));
    char *a = shmat(id, 0, 0), *b = shmat(id, 0, SHM_RDONLY);
    strcpy(a + 5000, "shared");
    puts(b + 5000);
    T(shmctl(id, IPC_STAT, &s));
    printf("%ld %d\n", (long)s.shm_nattch, s.shm_lpid == getpid());
    T(mprotect(b, 4096, PROT_READ | PROT_WRITE));
    T(mprotect(a + 4096, 4096, PROT_READ));
    T(shmctl(id, IPC_STAT, &s));
    printf("%ld\n", (long)s.shm_nattch);
    OK(shmat(id, a, 0));
    OK(shmat(id, a, SHM_REMAP));
    OK(shmat(id, a + 1, SHM_REMAP));
    OK(shmat(id, a + 1, SHM_REMAP | SHM_RND));
    puts(a + 5000);
    T(shmdt(a + 4096));
    T(shmdt(a + 1));
    T(shmdt((void *)&s));
    T(shmdt(b));
    T(shmdt(b));
    T(shmctl(id, IPC_STAT, &s));
    printf("%ld\n", (long)s.shm_nattch);
    s.shm_perm.mode = 0400;
    T(shmctl(id, IPC_SET, &s));
    T(shmctl(id, SHM_LOCK, 0));
    T(shmctl(id, IPC_STAT, &s));
    printf("%o\n", s.shm_perm.mode);
    T(shmctl(id, 99, &s));
    T(shmctl(id, IPC_STAT, BAD));
    T(shmctl(id, IPC_RMID, 0));
    T(shmctl(id, IPC_STAT, &s));
    printf("%o %d\n", s.shm_perm.mode, s.shm_perm.__key);
    T(shmget(key, 100, 0));
    puts(a + 5000);
    char *c = shmat(id, 0, 0);
    puts(c + 5000);
    T(munmap(c, 12288));
    T(shmdt(a));
    T(shmctl(id, IPC_STAT, &s));
    OK(id = shmget(IPC_PRIVATE, 4096, 0600));
    a = shmat(id, 0, 0);
    printf("%d\n", *a);
    T(shmctl(id, IPC_RMID, 0));
    char line[300];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, 300, maps))
        if (strstr(line, "SYSV"))
            printf("%s", strstr(line, "/SYSV"));
    T(shmdt(a));

    puts("-- semaphores");
    T(semget(key, 0, IPC_CREAT | 0600));
    T(semget(key, 3, 0));
    T(semget(key, -1, IPC_CREAT));
    T(semget(key, 32001, IPC_CREAT));
    OK(sem = semget(key, 3, IPC_CREAT | 0600));
    T(semget(key, 4, 0));
    T(semget(key, 0, 0) == sem);
    T(semctl(sem, 0, IPC_STAT, &d));
    printf("%lu %o %ld\n", (unsigned long)d.sem_nsems, d.sem_perm.mode, (long)d.sem_otime);
    T(semctl(sem, 0, SETVAL, 5));
    T(semctl(sem, 3, SETVAL, 5));
    T(semctl(sem, 0, SETVAL, 40000));
    T(semctl(sem, 0, GETVAL));
    T(semctl(sem, 0, GETPID) == getpid());
    T(semctl(sem, 9, GETVAL));
    unsigned short values[3] = { 1, 0, 7 }, got[3];
    T(semctl(sem, 0, SETALL, values));
    T(semctl(sem, 0, GETALL, got));
    printf("%d %d %d\n", got[0], got[1], got[2]);
    T(semctl(sem, 0, GETALL, BAD));
    T(semctl(sem, 0, 77));
    T(semctl(sem + 5000, 0, GETVAL));
    struct sembuf op[3] = { { 0, -1, IPC_NOWAIT }, { 2, -7, 0 }, { 1, -1, IPC_NOWAIT } };
    T(semop(sem, op, 0));
    T(semop(sem, op, 501));
    T(semop(sem, BAD, 1));
    T(semop(-1, op, 1));
    T(semop(sem, op, 3));
    T(semctl(sem, 0, GETALL, got));
    printf("%d %d %d\n", got[0], got[1], got[2]);
    T(semop(sem, op, 2));
    T(semctl(sem, 0, GETALL, got));
    printf("%d %d %d\n", got[0], got[1], got[2]);
    op[0].sem_num = 3;
    T(semop(sem, op, 1));
    op[0] = (struct sembuf){ 0, 32767, SEM_UNDO };
    op[1] = (struct sembuf){ 0, 1, 0 };
    T(semop(sem, op, 2));
    T(semctl(sem, 0, GETVAL));
    op[0] = (struct sembuf){ 1, -2, 0 };
    struct timespec soon = { 0, 5000000 }, wrong = { 0, -1 };
    T(semtimedop(sem, op, 1, &soon));
    T(semtimedop(sem, op, 1, &wrong));
    T(semtimedop(sem, op, 1, BAD));
    pthread_create(&t, 0, posts, 0);
    T(semop(sem, op, 1));
    pthread_join(t, 0);
    semctl(sem, 1, SETVAL, 1);
    op[0] = (struct sembuf){ 1, 0, 0 };
    pthread_create(&t, 0, drops_to_zero, 0);
    T(semop(sem, op, 1));
    pthread_join(t, 0);
    op[0] = (struct sembuf){ 1, -1, 0 };
    struct sigaction action = { .sa_handler = quiet, .sa_flags = SA_RESTART };
    sigaction(SIGALRM, &action, 0);
    ualarm(5000, 5000); /* again and again, should the first come before the call */
    T(semop(sem, op, 1));
    ualarm(0, 0);
    pthread_create(&t, 0, removes_sem, 0);
    T(semop(sem, op, 1));
    pthread_join(t, 0);
    T(semop(sem, op, 1));

    puts("-- message queues");
    struct { long type; char text[9000]; } m = { 3, "three" };
    T(msgget(key, 0));
    OK(queue = msgget(key, IPC_CREAT | 0600));
    T(msgget(key, IPC_CREAT | IPC_EXCL));
    T(msgsnd(queue, &m, -1, 0));
    T(msgsnd(queue, &m, 8193, 0));
    T(msgsnd(queue, BAD, 8, 0));
    T(msgsnd(-1, &m, 8, 0));
    T(msgsnd(queue, &m, 6, 0));
    m.type = 0;
    T(msgsnd(queue, &m, 6, 0));
    m.type = 1;
    strcpy(m.text, "one");
    T(msgsnd(queue, &m, 4, 0));
    m.type = 2;
    strcpy(m.text, "two");
    T(msgsnd(queue, &m, 4, 0));
    T(msgctl(queue, IPC_STAT, &q));
    printf("%lu %lu %lu %d %d\n", (unsigned long)q.msg_qnum, (unsigned long)q.__msg_cbytes, (unsigned long)q.msg_qbytes, q.msg_lspid == getpid(), q.msg_lrpid);
    T(msgrcv(queue, &m, 2, 0, 0));
    T(msgrcv(queue, &m, 100, 0, IPC_NOWAIT | MSG_EXCEPT | 040000));
    T(msgrcv(queue, &m, 100, 9, IPC_NOWAIT));
    T(msgrcv(queue, &m, 100, -2, 0));
    printf("%ld %s\n", m.type, m.text);
    T(msgrcv(queue, &m, 100, 3, MSG_EXCEPT));
    printf("%ld %s\n", m.type, m.text);
    T(msgrcv(queue, &m, 2, 0, MSG_NOERROR));
    printf("%ld %.2s\n", m.type, m.text);
    T(msgrcv(queue, &m, 100, 0, IPC_NOWAIT));
    pthread_create(&t, 0, sends_later, 0);
    T(msgrcv(queue, &m, 100, 5, 0));
    puts(m.text);
    pthread_join(t, 0);
    m.type = 1;
    T(msgsnd(queue, &m, 8192, 0));
    T(msgsnd(queue, &m, 8192, 0));
    T(msgsnd(queue, &m, 1, IPC_NOWAIT));
    pthread_create(&t, 0, receives_later, 0);
    T(msgsnd(queue, &m, 8192, 0));
    pthread_join(t, 0);
    msgrcv(queue, &m, 9000, 0, 0);
    msgrcv(queue, &m, 9000, 0, 0);
    ualarm(5000, 5000);
    T(msgrcv(queue, &m, 9000, 0, 0));
    ualarm(0, 0);
    q.msg_qbytes = 16000;
    T(msgctl(queue, IPC_SET, &q));
    T(msgctl(queue, 55, &q));
    pthread_create(&t, 0, removes_queue, 0);
    T(msgrcv(queue, &m, 9000, 0, 0));
    pthread_join(t, 0);
    T(msgctl(queue, IPC_STAT, &q));

    puts("-- POSIX message queues");
    struct mq_attr attr = { .mq_maxmsg = 3, .mq_msgsize = 50 }, now;
    char name[40], buffer[8192];
    unsigned prio;
    sprintf(name, "/hermitux-%d", getpid());
    T(mq_unlink(name));
    T(mq_open(name, O_RDWR));
    attr.mq_maxmsg = 0;
    T(mq_open(name, O_RDWR | O_CREAT, 0600, &attr));
    attr.mq_maxmsg = 3;
    OK(mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr));
    T(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr));
    T(fcntl(mq, F_GETFD));
    T(mq_getattr(mq, &now));
    printf("%ld %ld %ld %ld\n", now.mq_flags, now.mq_maxmsg, now.mq_msgsize, now.mq_curmsgs);
    T(mq_send(mq, "low", 3, 1));
    T(mq_send(mq, "high", 4, 9));
    T(mq_send(mq, "low again", 9, 1));
    T(mq_send(mq, buffer, 51, 1));
    T(mq_send(mq, buffer, 5, 32768));
    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    T(mq_timedsend(mq, "x", 1, 0, &when));
    T(mq_timedsend(mq, "x", 1, 0, &wrong));
    struct pollfd p = { mq, POLLIN | POLLOUT };
    T(poll(&p, 1, 0));
    printf("%x\n", p.revents);
    now.mq_flags = O_NONBLOCK;
    T(mq_setattr(mq, &now, 0));
    T(mq_send(mq, "x", 1, 0));
    now.mq_flags = 1;
    T(mq_setattr(mq, &now, 0));
    memset(buffer, 0, sizeof buffer);
    lseek(mq, 0, SEEK_SET);
    T(read(mq, buffer, 100));
    printf("%s", buffer);
    T(mq_receive(mq, buffer, 10, &prio));
    for (int i = 0; i < 4; i++) {
        memset(buffer, 0, 50);
        T(mq_receive(mq, buffer, 50, &prio));
        printf("%u %s\n", prio, buffer);
    }
    now.mq_flags = 0;
    mq_setattr(mq, &now, 0);
    pthread_create(&t, 0, mq_sends, 0);
    T(mq_receive(mq, buffer, 50, &prio));
    pthread_join(t, 0);
    for (int i = 0; i < 3; i++)
        mq_send(mq, "fill", 4, 0);
    pthread_create(&t, 0, mq_receives, 0);
    T(mq_send(mq, "more", 4, 0));
    pthread_join(t, 0);
    for (int i = 0; i < 3; i++)
        mq_receive(mq, buffer, 50, 0);
    action = (struct sigaction){ .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, 0);
    struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 12 };
    T(mq_notify(mq, &e));
    T(mq_notify(mq, &e));
    T(mq_send(mq, "told", 4, 0));
    T(mq_send(mq, "not told", 8, 0));
    T(mq_notify(mq, &e));
    T(mq_notify(mq, 0));
    e.sigev_signo = 99;
    T(mq_notify(mq, &e));
    T(mq_notify(0, 0));
    mqd_t reader = mq_open(name, O_RDONLY);
    T(mq_send(reader, "x", 1, 0));
    T(mq_send(0, "x", 1, 0));
    T(mq_unlink(name));
    T(mq_unlink(name));
    T(mq_open("/a/b", O_RDWR));
    T(mq_receive(reader, buffer, 50, &prio));
    T(mq_close(mq));
    T(mq_close(reader));
    return 0;
}
