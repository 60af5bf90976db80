E="node --import tsx --conditions=@jem-js/source e.ts"
( $E --iters 1500 --l2 0 --px 0.3; $E --data mnist --labels 100 --model control --iters 3000;  $E --data mnist --labels 100 --iters 1500 --l2 0 --px 0.3; ) &
( $E --iters 1500 --l2 0 --px 0.1;  $E --data mnist --labels 300 --model control --iters 3000; $E --data mnist --labels 300 --iters 1500 --l2 0 --px 0.3 ) & wait
