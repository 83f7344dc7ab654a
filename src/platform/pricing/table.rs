//! The shipped price table: rows of `datasets/prices.toml`, found by region and instruction set.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::{PriceBasis, Prices, Provisioned};
use crate::curve::Arch;
use crate::error::{Error, Result};
use crate::platform::billing::{BillingStep, Tariff};
use crate::units::Currency;

/// Every price that powercurve knows.
///
/// ```
/// use powercurve::{Arch, platform::pricing::PriceTable};
/// let table = PriceTable::embedded();
/// assert_eq!(table.list("us-east-1", Arch::X86_64)?.gb_s(), 1.66667e-5);
/// // an unknown region is an error that lists the known ones
/// assert!(table.list("mars-1", Arch::X86_64).unwrap_err().to_string().contains("eu-west-1"));
/// // every figure has a date and a source
/// assert!(table.sources().iter().all(|(_, date, source)| date.starts_with("20") && !source.is_empty()));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceTable {
    list: ListTable,
    lpt: LptTable,
    step_functions: TransitionTable,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListTable {
    date: String,
    source: String,
    free_gb_s: f64,
    free_requests: f64,
    tiers: TierTable,
    region: BTreeMap<String, RegionRow>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierTable {
    x86_64: Vec<Tier>,
    arm64: Vec<Tier>,
}

/// GB-seconds up to which a price holds, `None` for no limit, and the price.
type Tier = (Option<f64>, f64);

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionRow {
    x86_64: Option<f64>,
    arm64: Option<f64>,
    request: f64,
    storage: Option<f64>,
    provisioned_x86_64: Option<Provisioned>,
    provisioned_arm64: Option<Provisioned>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct LptTable {
    date: String,
    source: String,
    x86_64: f64,
    arm64: f64,
    x86_64_region: BTreeMap<String, f64>,
    x86_64_100ms: f64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TransitionTable {
    date: String,
    source: String,
    transition: f64,
    region: BTreeMap<String, f64>,
}

impl PriceTable {
    /// The table that ships with the tool, `datasets/prices.toml`.
    pub fn embedded() -> &'static Self {
        static TABLE: OnceLock<PriceTable> = OnceLock::new();
        TABLE.get_or_init(|| {
            serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/prices.json")))
                .expect("the shipped price table is well-formed")
        })
    }

    /// Date and source of each of the three tables, with what it holds.
    pub fn sources(&self) -> [(&'static str, &str, &str); 3] {
        [
            ("list prices", &self.list.date, &self.list.source),
            ("aws-lambda-power-tuning", &self.lpt.date, &self.lpt.source),
            ("Step Functions", &self.step_functions.date, &self.step_functions.source),
        ]
    }

    /// List prices of a region and instruction set.
    ///
    /// # Errors
    /// When the region has no list prices here (the message lists those that do), or no price for `arch`.
    pub fn list(&self, region: &str, arch: Arch) -> Result<Prices> {
        let row = self.list.region.get(region).ok_or_else(|| unknown_region(region, self.list.region.keys()))?;
        let (first, tiers, provisioned) = match arch {
            Arch::X86_64 => (row.x86_64, &self.list.tiers.x86_64, row.provisioned_x86_64),
            Arch::Arm64 => (row.arm64, &self.list.tiers.arm64, row.provisioned_arm64),
        };
        let first = first.ok_or_else(|| {
            Error::new(format!("no list price of {arch} is known in region {region}"))
                .help("choose another region or architecture, then give your price with --price-gb-s")
        })?;
        let us_east_1 = tiers.first().map_or(first, |tier| tier.1);
        Ok(Prices {
            tiers: tiers
                .iter()
                .map(|&(up_to, price)| (up_to.unwrap_or(f64::INFINITY), price * (first / us_east_1)))
                .collect(),
            free_gb_s: self.list.free_gb_s,
            free_requests: self.list.free_requests,
            request: row.request,
            storage: row.storage,
            provisioned,
            transition: self.transition(region)?,
        })
    }

    /// $ per GB-second of ephemeral storage above 512 MB.
    ///
    /// ```
    /// use powercurve::platform::pricing::PriceTable;
    /// assert_eq!(PriceTable::embedded().storage("eu-west-1")?, 3.4e-8);
    /// assert!(PriceTable::embedded().storage("us-west-2").is_err()); // a price that no source gives is not guessed
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When none is known for the region.
    pub fn storage(&self, region: &str) -> Result<f64> {
        self.check_region(region)?;
        self.list.region.get(region).and_then(|row| row.storage).ok_or_else(no_storage_price)
    }

    /// $ per state transition of Step Functions, which charges the same in most regions.
    ///
    /// ```
    /// use powercurve::platform::pricing::PriceTable;
    /// assert_eq!(PriceTable::embedded().transition("us-east-1")?, 2.5e-5); // $0.025 per 1000
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the region is in none of the tables.
    pub fn transition(&self, region: &str) -> Result<f64> {
        self.check_region(region)?;
        let table = &self.step_functions;
        Ok(table.region.get(region).copied().unwrap_or(table.transition))
    }

    /// How one invocation is charged.
    ///
    /// On [`PriceBasis::Lpt`] and 100 ms steps the price is the constant of that time, which
    /// gives the costs of aws-lambda-power-tuning's README to the digit.
    ///
    /// ```
    /// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
    /// use powercurve::{Arch, MemoryMb, Millis};
    /// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::Arm64, BillingStep::Ms1)?;
    /// assert_eq!(tariff.cost(MemoryMb::new(128)?, Millis::new(1.0)?).usd(), 1.7e-9); // the tuner's constant
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the region is unknown, or has no list price for `arch`.
    pub fn tariff(&self, basis: PriceBasis, region: &str, arch: Arch, step: BillingStep) -> Result<Tariff> {
        let tariff = match basis {
            PriceBasis::Lpt => Tariff::new(self.lpt_per_ms_128mb(region, arch, step)?, 0.0, step),
            PriceBasis::List => self.list(region, arch)?.tariff(step),
        };
        Ok(tariff.in_currency(Currency::of_region(region)))
    }

    fn lpt_per_ms_128mb(&self, region: &str, arch: Arch, step: BillingStep) -> Result<f64> {
        self.check_region(region)?;
        let lpt = &self.lpt;
        Ok(match (arch, lpt.x86_64_region.get(region), step) {
            (Arch::Arm64, ..) => lpt.arm64,
            (Arch::X86_64, Some(&regional), _) => regional,
            (Arch::X86_64, None, BillingStep::Ms1) => lpt.x86_64,
            (Arch::X86_64, None, BillingStep::Ms100) => lpt.x86_64_100ms,
        })
    }

    fn check_region(&self, region: &str) -> Result<()> {
        let keys =
            || self.list.region.keys().chain(self.lpt.x86_64_region.keys()).chain(self.step_functions.region.keys());
        if keys().any(|known| known == region) { Ok(()) } else { Err(unknown_region(region, keys())) }
    }
}

/// Storage beyond the free 512 MB cannot be charged.
pub(super) fn no_storage_price() -> Error {
    Error::new("no price of ephemeral storage is known in this region").help("give it with --price-storage")
}

fn unknown_region<'a>(region: &str, known: impl Iterator<Item = &'a String>) -> Error {
    let mut known: Vec<&str> = known.map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    Error::new(format!("no prices are known for region '{region}': expected one of {}", known.join(", ")))
        .help("choose a region with like prices; where there are options for prices of your own, put those over them")
}
