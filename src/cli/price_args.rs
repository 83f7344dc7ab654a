//! Options about prices.

use crate::advise::PricedCurve;
use crate::curve::{Arch, Run};
use crate::error::Result;
use crate::platform::billing::{BillingStep, Tariff};
use crate::platform::pricing::{PriceBasis, PriceOverride, PriceTable, Prices};
use crate::units::Currency;
use crate::workload::Workload;

/// The region, and prices of the user's own.
#[derive(Debug, clap::Args)]
pub struct PriceArgs {
    /// AWS region whose prices hold.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// Your price of a GB-second, in $, instead of the table's (for all volumes).
    #[arg(long, value_name = "USD")]
    price_gb_s: Option<f64>,

    /// Your price of a request, in $.
    #[arg(long, value_name = "USD")]
    price_request: Option<f64>,

    /// Your price of a Step Functions state transition, in $.
    #[arg(long, value_name = "USD", hide_short_help = true)]
    price_transition: Option<f64>,

    /// Ephemeral storage of the function in MB: what exceeds 512 is charged by the second.
    #[arg(long, value_name = "MB", value_parser = storage)]
    pub storage: Option<f64>,

    /// Your price of a GB-second of ephemeral storage above 512 MB, in $.
    #[arg(long, value_name = "USD", hide_short_help = true)]
    price_storage: Option<f64>,

    /// Your price of a GB-second of configured provisioned concurrency, in $.
    #[arg(long, value_name = "USD", hide_short_help = true)]
    price_provisioned_configured: Option<f64>,

    /// Your price of a GB-second of a handler on provisioned concurrency, in $.
    #[arg(long, value_name = "USD", hide_short_help = true)]
    price_provisioned_running: Option<f64>,
}

fn storage(s: &str) -> std::result::Result<f64, String> {
    s.parse().ok().filter(|mb| Prices::STORAGE_MB.contains(mb)).ok_or_else(|| "expected 512 to 10240 MB".into())
}

impl PriceArgs {
    /// The region, us-east-1 unless another is given.
    pub fn region(&self) -> &str {
        self.region.as_deref().unwrap_or("us-east-1")
    }

    /// The user's own prices.
    pub fn given(&self) -> Result<PriceOverride> {
        PriceOverride {
            gb_s: self.price_gb_s,
            request: self.price_request,
            storage: self.price_storage,
            provisioned_configured: self.price_provisioned_configured,
            provisioned_running: self.price_provisioned_running,
            transition: self.price_transition,
        }
        .checked()
    }
}

/// How one invocation is charged.
#[derive(Debug, clap::Args)]
pub struct TariffArgs {
    #[command(flatten)]
    pub prices: PriceArgs,

    /// Whose prices: lpt computes as aws-lambda-power-tuning does, list is what AWS charges.
    #[arg(long = "prices", value_name = "lpt|list")]
    basis: Option<PriceBasis>,

    /// Billing step: 1ms, or 100ms as before December 2020.
    #[arg(long, value_name = "STEP")]
    billing: Option<BillingStep>,

    /// Instruction set (x86_64 or arm64), instead of the recorded one.
    #[arg(long)]
    arch: Option<Arch>,
}

impl TariffArgs {
    /// The run with its costs, and the tariff that they are computed with: recorded costs where every
    /// size has one and the user said nothing about prices, else computed ones.
    pub fn price(&self, run: &Run) -> Result<(PricedCurve, Tariff)> {
        let recorded_step = run.billing_ms.and_then(BillingStep::from_ms);
        // a run in yuan was tuned in a China region, which have one price
        let region = self.prices.region.as_deref().unwrap_or_else(|| run.currency().home_region());
        let tariff = self.tariff_in(region, PriceBasis::Lpt, run.arch, recorded_step)?.with_init(run.billed_init_ms());
        let curve = if self.asked() {
            PricedCurve::computed(&run.curve, &tariff)
        } else {
            PricedCurve::recorded_or(&run.curve, &tariff)
        };
        Ok((curve, tariff))
    }

    /// Moves a workload to the instruction set that was asked for.
    pub fn move_workload(&self, workload: &mut Workload) {
        self.arch.into_iter().for_each(|arch| workload.move_to(arch));
    }

    /// Whether [`TariffArgs::price`] takes the recorded costs of this run.
    pub fn takes_recorded(&self, run: &Run) -> bool {
        !self.asked() && run.curve.has_costs()
    }

    /// The currency of the run's costs: that of the region, or what the run itself says.
    pub fn currency(&self, run: &Run) -> Currency {
        self.prices.region.as_deref().map_or_else(|| run.currency(), Currency::of_region)
    }

    /// The options again, as on the command line: those that [`TariffArgs::price`] heeds.
    pub fn words(&self) -> Vec<String> {
        let p = &self.prices;
        let option = |name: &str, value: Option<String>| value.map(|value| format!("--{name}={value}"));
        let basis = self.basis.map(|basis| match basis {
            PriceBasis::Lpt => "lpt".to_owned(),
            PriceBasis::List => "list".to_owned(),
        });
        [
            option("region", p.region.clone()),
            option("price-gb-s", p.price_gb_s.map(|usd| usd.to_string())),
            option("price-request", p.price_request.map(|usd| usd.to_string())),
            option("storage", p.storage.map(|mb| mb.to_string())),
            option("price-storage", p.price_storage.map(|usd| usd.to_string())),
            option("prices", basis),
            option("billing", self.billing.map(|step| format!("{}ms", step.ms()))),
            option("arch", self.arch.map(|arch| arch.to_string())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn asked(&self) -> bool {
        !self.words().is_empty()
    }

    /// The tariff; what the user gave goes before the defaults.
    pub fn tariff(&self, basis: PriceBasis, arch: Option<Arch>, step: Option<BillingStep>) -> Result<Tariff> {
        self.tariff_in(self.prices.region(), basis, arch, step)
    }

    fn tariff_in(
        &self,
        region: &str,
        basis: PriceBasis,
        arch: Option<Arch>,
        step: Option<BillingStep>,
    ) -> Result<Tariff> {
        let basis = self.basis.unwrap_or(basis);
        let arch = self.arch.or(arch).unwrap_or_default();
        let step = self.billing.or(step).unwrap_or_default();
        let given = self.prices.given()?;
        let tariff = PriceTable::embedded().tariff(basis, region, arch, step)?.with(&given);
        match self.prices.storage {
            Some(mb) if mb > Prices::FREE_STORAGE_MB => {
                let price = given.storage.map_or_else(|| PriceTable::embedded().storage(region), Ok)?;
                Ok(tariff.with_storage(mb - Prices::FREE_STORAGE_MB, price))
            }
            _ => Ok(tariff),
        }
    }
}
