program numeric
  implicit none
  integer, parameter :: n = 60
  real(8) :: a(n, n), b(n), x(n), s
  real(16) :: q
  real(10) :: t
  complex(8) :: z
  integer :: i, j, k
  character(len=20) :: text
  do j = 1, n
    do i = 1, n
      a(i, j) = 1.0d0 / (i + j - 1) + merge(2.0d0, 0.0d0, i == j)
    end do
    b(j) = j * 0.5d0
  end do
  x = b
  do k = 1, n - 1
    do i = k + 1, n
      s = a(i, k) / a(k, k)
      a(i, k:n) = a(i, k:n) - s * a(k, k:n)
      x(i) = x(i) - s * x(k)
    end do
  end do
  do i = n, 1, -1
    x(i) = (x(i) - dot_product(a(i, i+1:n), x(i+1:n))) / a(i, i)
  end do
  print '(4f16.10)', x(1:4)
  print *, sum(x), maxval(x), minloc(x)
  q = 1
  t = 1
  do i = 1, 30
    q = q + 1 / q
    t = t + 1 / t
  end do
  print *, q
  print *, t
  z = exp((0d0, 1d0) * 3.14159265358979d0)
  print *, z, abs(z)
  write (text, '(i8.5, a, e10.3)') 42, ' x', 1.5e-7
  print *, trim(text), len_trim(text)
  open (10, file='fortran.tmp', form='unformatted')
  write (10) x
  rewind (10)
  read (10) b
  close (10, status='delete')
  print *, all(b == x)
  print *, nint(2.5), nint(-2.5), mod(-7, 3), modulo(-7, 3), ishft(1, 10), huge(1_8)
  stop 4
end program
