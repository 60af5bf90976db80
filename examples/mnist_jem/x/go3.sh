E="node --import tsx --conditions=@jem-js/source e.ts"
( $E --iters 2000 --l2 0.01 --pyx 3 --size 5;  $E --iters 4000 --l2 0.01 ) &
( $E --data mnist --labels 300 --iters 2000 --l2 0.01; $E --iters 2000 --l2 0.1 --pyx 10 ) & wait
