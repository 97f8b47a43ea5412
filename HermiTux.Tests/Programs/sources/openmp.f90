! OpenMP in Fortran: loops with each schedule, reductions, sections, critical regions, tasks.
program openmp
  use omp_lib
  implicit none
  integer, parameter :: n = 20000
  integer :: i, j, threads, hits, order(8)
  integer(8) :: total, squares
  real(8) :: values(n), sum8, largest
  call omp_set_num_threads(4)
  threads = 0
  !$omp parallel reduction(+:threads)
  threads = threads + 1
  !$omp end parallel
  !$omp parallel do schedule(static)
  do i = 1, n
    values(i) = sqrt(real(i, 8))
  end do
  !$omp end parallel do
  sum8 = 0; largest = 0; total = 0; squares = 0
  !$omp parallel do schedule(dynamic, 64) reduction(+:total) reduction(max:largest)
  do i = 1, n
    total = total + i
    largest = max(largest, values(i))
  end do
  !$omp end parallel do
  !$omp parallel do schedule(guided) collapse(2) reduction(+:squares)
  do i = 1, 100
    do j = 1, 100
      squares = squares + i * j
    end do
  end do
  !$omp end parallel do
  hits = 0
  !$omp parallel sections
  !$omp section
  !$omp critical
  hits = hits + 1
  !$omp end critical
  !$omp section
  !$omp critical
  hits = hits + 10
  !$omp end critical
  !$omp end parallel sections
  !$omp parallel
  !$omp single
  do i = 1, 8
    !$omp task firstprivate(i)
    order(i) = i * i
    !$omp end task
  end do
  !$omp end single
  !$omp end parallel
  !$omp parallel do ordered
  do i = 1, 4
    !$omp ordered
    print '(a, i0)', 'in order ', i
    !$omp end ordered
  end do
  !$omp end parallel do
  print '(i0, 1x, i0, 1x, i0, 1x, i0, 1x, f0.6, 1x, i0)', threads, total, squares, hits, largest, sum(order)
end program
