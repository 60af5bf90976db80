E="node --import tsx --conditions=@jem-js/source e.ts"
( $E --data mnist --labels 300 --iters 2000 --l2 0.01 --pyx 3 --size 5 ) &
( $E --data mnist --labels 300 --iters 2000 --l2 0.01 --pyx 10 --size 10 ) & wait
