mod calendar;
mod operators;
