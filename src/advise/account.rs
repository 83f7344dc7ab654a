//! The monthly bill of all functions of an account together.

use crate::advise::Market;
use crate::curve::Arch;
use crate::error::Result;
use crate::platform::pricing::Prices;

/// What all functions of an account use in a month.
///
/// ```
/// use powercurve::advise::{Account, Market, Usage};
/// let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: true };
/// // 3 million requests of 120 ms at 1536 MB: an example of the AWS pricing page, $2.73
/// let usage = Usage { x86_gb_s: 3e6 * 1.5 * 0.120, requests: 3e6, ..Usage::default() };
/// assert!((Account::new(&market)?.bill(&usage) - 2.73).abs() < 0.01);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// GB-seconds on x86_64.
    pub x86_gb_s: f64,
    /// GB-seconds on arm64.
    pub arm_gb_s: f64,
    /// Requests.
    pub requests: f64,
}

impl Usage {
    /// The GB-seconds of one instruction set.
    fn gb_s_mut(&mut self, arch: Arch) -> &mut f64 {
        match arch {
            Arch::X86_64 => &mut self.x86_gb_s,
            Arch::Arm64 => &mut self.arm_gb_s,
        }
    }

    /// The same with so many GB-seconds more on `arch`.
    #[must_use]
    pub(super) fn plus(mut self, arch: Arch, gb_s: f64) -> Self {
        *self.gb_s_mut(arch) += gb_s;
        self
    }
}

/// Prices of an account: tiers by instruction set, and one free tier for all of it.
///
/// ```
/// use powercurve::advise::{Account, Market, Usage};
/// let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// let account = Account::new(&market)?;
/// let x86 = account.bill(&Usage { x86_gb_s: 1e6, ..Usage::default() });
/// let arm = account.bill(&Usage { arm_gb_s: 1e6, ..Usage::default() });
/// assert!((arm / x86 - 0.8).abs() < 0.001); // a GB-second on arm64 is a fifth cheaper
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    x86: Option<Prices>,
    arm: Option<Prices>,
    free_tier: bool,
}

impl Account {
    /// The prices of a market, which has to know those of at least one instruction set.
    ///
    /// # Errors
    /// When the region has no list prices.
    pub fn new(market: &Market) -> Result<Self> {
        let x86 = market.prices(Arch::X86_64);
        let arm = market.prices(Arch::Arm64).ok();
        let x86 = if arm.is_some() { x86.ok() } else { Some(x86?) };
        Ok(Self { x86, arm, free_tier: market.free_tier })
    }

    /// Whether the price of an instruction set is known.
    pub(super) fn knows(&self, arch: Arch) -> bool {
        self.prices(arch).is_some()
    }

    /// The prices of an instruction set, where they are known.
    pub(super) fn prices(&self, arch: Arch) -> Option<&Prices> {
        match arch {
            Arch::X86_64 => self.x86.as_ref(),
            Arch::Arm64 => self.arm.as_ref(),
        }
    }

    /// The bill of a month, in $: time tier by tier, requests, and the free tier once for the whole account (x86_64 first;
    /// AWS does not say which it takes first).
    ///
    /// ```
    /// use powercurve::advise::{Account, Market, Usage};
    /// let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: true };
    /// let usage = Usage { x86_gb_s: 300_000.0, arm_gb_s: 150_000.0, requests: 2e6 };
    /// // 50,000 GB-seconds on arm64 and a million requests are left after the free tier
    /// assert!((Account::new(&market)?.bill(&usage) - (50_000.0 * 1.33334e-5 + 0.20)).abs() < 1e-9);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn bill(&self, usage: &Usage) -> f64 {
        let mut free = match self.x86.as_ref().or(self.arm.as_ref()) {
            Some(prices) if self.free_tier => prices.free_gb_s(),
            _ => 0.0,
        };
        let mut bill = 0.0;
        for (prices, gb_s) in [(&self.x86, usage.x86_gb_s), (&self.arm, usage.arm_gb_s)] {
            if let Some(prices) = prices {
                bill += prices.month((gb_s - free).max(0.0), 0.0, false).usd();
                free = (free - gb_s.max(0.0)).max(0.0);
            }
        }
        let requests = self.x86.as_ref().or(self.arm.as_ref());
        bill + requests.map_or(0.0, |prices| prices.month(0.0, usage.requests, self.free_tier).usd())
    }

    /// What using `gb_s` fewer GB-seconds on `arch` saves an account with this usage; negative for more.
    pub(super) fn saving(&self, usage: &Usage, arch: Arch, gb_s: f64) -> f64 {
        self.bill(usage) - self.bill(&usage.plus(arch, -gb_s))
    }

    /// $ a month for ephemeral storage of `storage_mb` over `seconds` of billed time.
    ///
    /// # Errors
    /// When storage beyond the free 512 MB has no known price in this region.
    pub(super) fn storage(&self, arch: Arch, storage_mb: Option<f64>, seconds: f64) -> Result<f64> {
        match (storage_mb, self.prices(arch)) {
            (Some(mb), Some(prices)) if mb > Prices::FREE_STORAGE_MB => {
                prices.storage(mb, seconds).map(|usd| usd.usd())
            }
            _ => Ok(0.0),
        }
    }
}
