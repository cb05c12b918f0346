//! The configuration from outside: text in, a plan or text out.

#[cfg(test)]
mod bad;
#[cfg(test)]
mod fakes;
#[cfg(test)]
mod good;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod texts;
