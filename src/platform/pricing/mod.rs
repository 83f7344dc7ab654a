//! Prices: the dated data file `datasets/prices.toml`, and what a month costs.
//!
//! List prices are what AWS charges; the constants of aws-lambda-power-tuning are kept apart,
//! since they are rounded up and hold no request charge ([`PriceBasis`]).

mod table;

use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::platform::billing::{BillingStep, Tariff};
use crate::units::Usd;

pub use table::PriceTable;

/// Seconds of a month as AWS's own calculators count them: 730 hours.
pub(crate) const SECONDS_PER_MONTH: f64 = 730.0 * 3600.0;

/// Whose prices a cost is computed with.
///
/// ```
/// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
/// use powercurve::{Arch, MemoryMb, Millis};
/// let cost = |basis: PriceBasis| {
///     let tariff = PriceTable::embedded().tariff(basis, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
///     Ok::<_, powercurve::Error>(tariff.cost(MemoryMb::MIN, Millis::new(10.0)?).usd())
/// };
/// // a short call at 128 MB: most of what AWS charges is the request, which the tuner leaves out
/// assert!(cost(PriceBasis::List)? > 10.0 * cost(PriceBasis::Lpt)?);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PriceBasis {
    /// The constants inside aws-lambda-power-tuning: reproduces its `averagePrice`.
    #[default]
    Lpt,
    /// What AWS charges, with the charge per request.
    List,
}

impl FromStr for PriceBasis {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "lpt" => Ok(Self::Lpt),
            "list" => Ok(Self::List),
            _ => Err(Error::new(format!("price basis '{s}' is unknown: expected lpt or list"))
                .help("lpt computes as aws-lambda-power-tuning does, list is what AWS charges")),
        }
    }
}

/// Prices of provisioned concurrency, in $ per GB-second.
///
/// ```
/// use powercurve::{Arch, platform::pricing::PriceTable};
/// let prices = PriceTable::embedded().list("us-east-1", Arch::X86_64)?;
/// let provisioned = prices.provisioned()?;
/// // share of the time that it has to be busy to be cheaper than on demand
/// let break_even = provisioned.configured / (prices.gb_s() - provisioned.running);
/// assert!((break_even - 0.6).abs() < 1e-4);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provisioned {
    /// For every second that it is configured.
    pub configured: f64,
    /// On top, while a handler runs on it: instead of the price of on-demand time.
    pub running: f64,
}

/// Prices that the user gives instead of those of the table, in $.
///
/// ```
/// use powercurve::{Arch, platform::pricing::{PriceOverride, PriceTable}};
/// let mine = PriceOverride { gb_s: Some(1.2e-5), ..PriceOverride::default() }.checked()?;
/// let prices = PriceTable::embedded().list("us-east-1", Arch::X86_64)?.with(&mine);
/// assert_eq!((prices.gb_s(), prices.request), (1.2e-5, 2e-7)); // the request is still charged by the list
/// assert!(PriceOverride { request: Some(-1.0), ..mine }.checked().is_err());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PriceOverride {
    /// Per GB-second, for all tiers.
    pub gb_s: Option<f64>,
    /// Per request.
    pub request: Option<f64>,
    /// Per GB-second of ephemeral storage above 512 MB.
    pub storage: Option<f64>,
    /// Per GB-second of provisioned concurrency that is configured.
    pub provisioned_configured: Option<f64>,
    /// Per GB-second of a handler on provisioned concurrency.
    pub provisioned_running: Option<f64>,
    /// Per Step Functions state transition.
    pub transition: Option<f64>,
}

impl PriceOverride {
    /// Checks that every given price is an amount.
    ///
    /// # Errors
    /// When one is negative or not finite.
    pub fn checked(self) -> Result<Self> {
        let all = [
            ("GB-second", self.gb_s),
            ("request", self.request),
            ("GB-second of ephemeral storage", self.storage),
            ("GB-second of configured provisioned concurrency", self.provisioned_configured),
            ("GB-second on provisioned concurrency", self.provisioned_running),
            ("state transition", self.transition),
        ];
        for (of, price) in all {
            Usd::new(price.unwrap_or(0.0)).map_err(|e| e.at(format!("price of a {of}")))?;
        }
        Ok(self)
    }
}

/// What AWS charges for a function in one region and on one instruction set.
///
/// ```
/// use powercurve::platform::{billing::BillingStep, pricing::PriceTable};
/// use powercurve::{Arch, MemoryMb, Millis};
/// let table = PriceTable::embedded();
/// let (x86, arm) = (table.list("us-east-1", Arch::X86_64)?, table.list("us-east-1", Arch::Arm64)?);
/// assert!((arm.gb_s() / x86.gb_s() - 0.8).abs() < 1e-4); // arm64 costs 20 % less
/// // one GB-second and one request
/// let cost = x86.tariff(BillingStep::Ms1).cost(MemoryMb::new(1024)?, Millis::new(1000.0)?);
/// assert!((cost.usd() - (1.66667e-5 + 2e-7)).abs() < 1e-12);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// GB-seconds a month up to which a price holds, and that price in $ per GB-second; ascending,
    /// the last without a limit.
    tiers: Vec<(f64, f64)>,
    free_gb_s: f64,
    free_requests: f64,
    /// $ per request.
    pub request: f64,
    /// $ per GB-second of ephemeral storage above 512 MB, where known.
    pub storage: Option<f64>,
    /// Provisioned concurrency, where known.
    pub provisioned: Option<Provisioned>,
    /// $ per Step Functions state transition.
    pub transition: f64,
}

impl Prices {
    /// Ephemeral storage that costs nothing, in MB.
    pub(crate) const FREE_STORAGE_MB: f64 = 512.0;

    /// Ephemeral storage that Lambda offers, in MB. Source: AWS Lambda quotas.
    pub const STORAGE_MB: RangeInclusive<f64> = Self::FREE_STORAGE_MB..=10_240.0;

    /// The same prices with those that the user gave instead.
    #[must_use]
    pub fn with(mut self, given: &PriceOverride) -> Self {
        if let Some(gb_s) = given.gb_s {
            self.tiers = vec![(f64::INFINITY, gb_s)];
        }
        self.request = given.request.unwrap_or(self.request);
        self.storage = given.storage.or(self.storage);
        self.transition = given.transition.unwrap_or(self.transition);
        let provisioned = (
            given.provisioned_configured.or(self.provisioned.map(|p| p.configured)),
            given.provisioned_running.or(self.provisioned.map(|p| p.running)),
        );
        if let (Some(configured), Some(running)) = provisioned {
            self.provisioned = Some(Provisioned { configured, running });
        }
        self
    }

    /// $ per GB-second in the first tier.
    pub fn gb_s(&self) -> f64 {
        self.tiers.first().map_or(0.0, |tier| tier.1)
    }

    /// GB-seconds of on-demand use that AWS gives away each month, to all functions of an account together.
    pub(crate) fn free_gb_s(&self) -> f64 {
        self.free_gb_s
    }

    /// How one invocation is charged in the first tier.
    pub fn tariff(&self, step: BillingStep) -> Tariff {
        Tariff::new(self.gb_s() * Tariff::GB_S_PER_MS_128MB, self.request, step)
    }

    /// What a month of on-demand use costs, tier by tier; `free_tier` subtracts what AWS gives away.
    ///
    /// Tiers and free tier hold for all functions of an account together: for one function among
    /// many this is a lower bound with, and an upper bound without, them.
    ///
    /// ```
    /// use powercurve::{Arch, platform::pricing::PriceTable};
    /// let prices = PriceTable::embedded().list("us-east-1", Arch::X86_64)?;
    /// // 3 million requests of 120 ms at 1536 MB: an example of the AWS pricing page
    /// let month = prices.month(3e6 * 1.5 * 0.120, 3e6, true);
    /// assert_eq!(month.to_string(), "$2.73");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn month(&self, gb_s: f64, requests: f64, free_tier: bool) -> Usd {
        let (free_gb_s, free_requests) = if free_tier { (self.free_gb_s, self.free_requests) } else { (0.0, 0.0) };
        let gb_s = (gb_s - free_gb_s).max(0.0);
        let mut lower = 0.0;
        let mut cost = (requests - free_requests).max(0.0) * self.request;
        for &(up_to, price) in &self.tiers {
            cost += (gb_s.min(up_to) - lower).max(0.0) * price;
            lower = up_to;
        }
        Usd::at_most(cost)
    }

    /// What ephemeral storage of `storage_mb` costs for `seconds` of billed time; the first 512 MB are free.
    ///
    /// ```
    /// use powercurve::{Arch, Usd, platform::pricing::PriceTable};
    /// let prices = PriceTable::embedded().list("us-east-1", Arch::X86_64)?;
    /// assert_eq!(prices.storage(512.0, 1e6)?, Usd::ZERO);
    /// assert!((prices.storage(1536.0, 1e6)?.usd() - 0.0309).abs() < 1e-9); // 1 GB for a million seconds
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When no price is known for the region.
    pub fn storage(&self, storage_mb: f64, seconds: f64) -> Result<Usd> {
        let price = self.storage.ok_or_else(table::no_storage_price)?;
        Usd::new((storage_mb - Self::FREE_STORAGE_MB).max(0.0) / 1024.0 * seconds * price)
    }

    /// Prices of provisioned concurrency.
    ///
    /// # Errors
    /// When none are known for the region and architecture.
    pub fn provisioned(&self) -> Result<Provisioned> {
        self.provisioned.ok_or_else(|| {
            Error::new("no prices of provisioned concurrency are known for this region and architecture")
                .help("give them with --price-provisioned-configured and --price-provisioned-running")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Arch;
    use crate::units::{MemoryMb, Millis};

    fn tariff(basis: PriceBasis, region: &str, arch: Arch) -> Result<Tariff> {
        PriceTable::embedded().tariff(basis, region, arch, BillingStep::Ms1)
    }

    #[test]
    fn one_ms_at_128_mb() -> Result<()> {
        // AWS pricing page: $0.0000000021 per ms at 128 MB, and $0.20 per million requests
        let list = tariff(PriceBasis::List, "us-east-1", Arch::X86_64)?;
        let (memory, ms) = (MemoryMb::MIN, Millis::new(1.0)?);
        assert!((list.without_request().cost(memory, ms).usd() - 2.0833e-9).abs() < 1e-13);
        assert!((list.cost(memory, ms).usd() - 2.0208e-7).abs() < 1e-11);
        // the request charge is the larger part of the bill up to about 96 ms
        let prices = PriceTable::embedded().list("us-east-1", Arch::X86_64)?;
        let time = |ms: f64| Ok::<_, Error>(list.without_request().cost(memory, Millis::new(ms)?).usd());
        assert!(time(95.0)? < prices.request && time(97.0)? > prices.request);
        Ok(())
    }

    #[test]
    fn faster_is_cheaper() -> Result<()> {
        // github.com/jconning/lambda-cpu-cost ("Faster is cheaper", 2017): $ per 1000 invocations at 128, 256, 512
        // and 1024 MB, with request charge; the published figures are without any rounding up
        let list = tariff(PriceBasis::List, "us-east-1", Arch::X86_64)?;
        let published = [
            (128, 11_722.965, 0.024628),
            (256, 6_678.945, 0.028035),
            (512, 3_194.954, 0.026830),
            (1024, 1_465.984, 0.024638),
        ];
        for (mb, ms, per_1000) in published {
            let cost = list.cost(MemoryMb::new(mb)?, Millis::new(ms)?).usd() * 1000.0;
            assert!((cost - per_1000).abs() < 1e-5, "{mb} MB: {cost} against {per_1000}");
        }
        Ok(())
    }

    #[test]
    fn constants_of_the_tuner_are_its_own() -> Result<()> {
        let per_gb_s = |region, arch| {
            tariff(PriceBasis::Lpt, region, arch)
                .and_then(|t| Ok(t.cost(MemoryMb::new(1024)?, Millis::new(1000.0)?).usd()))
        };
        for (region, arch, expected) in [
            ("us-east-1", Arch::X86_64, 1.680e-5),
            ("ap-east-1", Arch::X86_64, 2.32e-5),
            ("ap-northeast-3", Arch::X86_64, 2.16e-5),
            ("cn-north-1", Arch::X86_64, 1.136e-4),
            ("ap-east-1", Arch::Arm64, 1.360e-5),
        ] {
            assert!((per_gb_s(region, arch)? / expected - 1.0).abs() < 1e-9, "{region} {arch}");
        }
        Ok(())
    }

    #[test]
    fn tiers_of_a_month() -> Result<()> {
        // AWS Compute Blog on tiered pricing: 10 % less from 6 to 15 billion GB-seconds, 20 % less above
        let prices = PriceTable::embedded().list("us-east-1", Arch::X86_64)?;
        let month = |gb_s: f64| prices.month(gb_s, 0.0, false).usd();
        assert_eq!(month(1.0), 1.66667e-5);
        assert!((month(6e9 + 1e6) - month(6e9) - 15.0).abs() < 1e-3);
        assert!((month(15e9 + 1e6) - month(15e9) - 13.3334).abs() < 1e-3);
        assert_eq!(prices.month(400_000.0, 1e6, true), Usd::ZERO);
        // what is left of either part of the free tier does not pay for the other
        assert!((prices.month(1_400_000.0, 0.0, true).usd() - 16.6667).abs() < 1e-9);
        assert!((prices.month(0.0, 2e6, true).usd() - 0.2).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn a_region_has_its_own_first_price_and_the_tiers_in_proportion() -> Result<()> {
        // AWS price list: $0.0000221 per GB-second in Cape Town, where us-east-1 has $0.0000166667
        let prices = PriceTable::embedded().list("af-south-1", Arch::X86_64)?;
        let month = |gb_s: f64| prices.month(gb_s, 0.0, false).usd();
        assert!((prices.gb_s() - 2.21e-5).abs() < 1e-15 && (month(1e6) - 22.1).abs() < 1e-9);
        assert!((month(15e9 + 1e6) - month(15e9) - 0.8 * 22.1).abs() < 1e-3);
        assert_eq!((prices.request, prices.transition), (2.7e-7, 2.975e-5));
        assert_eq!(PriceTable::embedded().transition("sa-east-1"), Ok(3.75e-5));
        Ok(())
    }

    #[test]
    fn provisioned_concurrency_breaks_even_at_60_percent() -> Result<()> {
        let table = PriceTable::embedded();
        for (arch, region) in [(Arch::X86_64, "us-east-1"), (Arch::Arm64, "us-east-1"), (Arch::X86_64, "eu-west-1")] {
            let prices = table.list(region, arch)?;
            let p = prices.provisioned()?;
            let break_even = p.configured / (prices.gb_s() - p.running);
            assert!(break_even > 0.59 && break_even < 0.81, "{region} {arch}: {break_even}");
        }
        let us = table.list("us-east-1", Arch::X86_64)?;
        let p = us.provisioned()?;
        assert!((p.configured / (us.gb_s() - p.running) - 0.6).abs() < 1e-4);
        Ok(())
    }

    #[test]
    fn what_is_unknown_is_said() {
        let table = PriceTable::embedded();
        let message = |r: Result<Prices>| r.map_or_else(|e| e.to_string(), |_| String::new());
        assert!(message(table.list("mars-1", Arch::X86_64)).contains("us-east-1"));
        assert!(message(table.list("cn-north-1", Arch::X86_64)).contains("cn-north-1"));
        assert!(message(table.list("il-central-1", Arch::Arm64)).contains("arm64"));
        assert!(tariff(PriceBasis::Lpt, "mars-1", Arch::Arm64).is_err());
        for (what, date, source) in table.sources() {
            assert!(date.starts_with("20") && source.len() > 20, "{what}");
        }
    }

    #[test]
    fn the_users_prices_come_first() -> Result<()> {
        let given = PriceOverride { gb_s: Some(1e-5), request: Some(0.0), ..Default::default() }.checked()?;
        let prices = PriceTable::embedded().list("us-east-1", Arch::X86_64)?.with(&given);
        assert!((prices.month(1e10, 1e6, false).usd() - 1e5).abs() < 1e-6);
        let tariff = tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64)?.with(&given);
        assert!((tariff.cost(MemoryMb::new(1024)?, Millis::new(1000.0)?).usd() - 1e-5).abs() < 1e-18);
        assert!(PriceOverride { request: Some(-1.0), ..given }.checked().is_err());
        Ok(())
    }

    #[test]
    fn each_price_of_the_user_takes_the_place_of_its_own() -> Result<()> {
        let table = PriceTable::embedded().list("us-east-1", Arch::X86_64)?;
        let given = PriceOverride {
            gb_s: Some(1.0),
            request: Some(2.0),
            storage: Some(3.0),
            provisioned_configured: Some(4.0),
            provisioned_running: Some(5.0),
            transition: Some(6.0),
        };
        let prices = table.clone().with(&given);
        assert_eq!((prices.gb_s(), prices.request, prices.storage, prices.transition), (1.0, 2.0, Some(3.0), 6.0));
        assert_eq!(prices.provisioned()?, Provisioned { configured: 4.0, running: 5.0 });
        // one of a pair leaves the other as it is, and is no price where that is unknown
        let configured = PriceOverride { provisioned_configured: Some(4.0), ..PriceOverride::default() };
        let running = table.provisioned()?.running;
        assert_eq!(table.clone().with(&configured).provisioned()?, Provisioned { configured: 4.0, running });
        let unknown = PriceTable::embedded().list("us-east-2", Arch::X86_64)?;
        assert!(unknown.clone().with(&configured).provisioned().is_err());
        assert_eq!(unknown.with(&given).provisioned()?, Provisioned { configured: 4.0, running: 5.0 });
        assert_eq!(table.clone().with(&PriceOverride::default()), table);
        Ok(())
    }

    #[test]
    fn ephemeral_storage_is_free_up_to_512_mb() -> Result<()> {
        let prices = PriceTable::embedded().list("us-east-1", Arch::X86_64)?;
        assert_eq!(prices.storage(512.0, 1e6)?, Usd::ZERO);
        assert!((prices.storage(512.0 + 1024.0, 1e6)?.usd() - 0.0309).abs() < 1e-9);
        assert!(PriceTable::embedded().list("us-east-2", Arch::X86_64)?.storage(1024.0, 1.0).is_err());
        Ok(())
    }
}
