E="node --import tsx --conditions=@jem-js/source e.ts"
$E --model control --iters 3000 &
$E --iters 2000 & wait
$E --iters 2000 --l2 0.01 &
$E --iters 2000 --l2 0 & wait
$E --iters 2000 --l2 0.01 --size 1 --steps 20 &
$E --iters 2000 --l2 0.01 --px 0.1 & wait
