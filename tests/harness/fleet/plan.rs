//! What a world is made of: one line of text, derived from its seed. Never rolls dice after that.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::dice::Dice;

/// What goes wrong in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Requests and replies are lost.
    Loss,
    /// Requests arrive twice.
    Duplicates,
    /// Replies arrive after the phone gave up.
    LateReplies,
    /// Phones are without network for a while.
    Partitions,
    /// The app is killed before or after a batch is stored.
    DeviceKills,
    /// The storage refuses a batch.
    StoreFailures,
    /// Rows of the local storage rot.
    BitRot,
    /// A phone is restored from a backup as another installation.
    RestoredPhones,
    /// An old copy of the storage is put back on the same installation.
    PutBackStores,
    /// The server is restored from its last backup.
    RestoredServer,
    /// Wall clocks are off by years and jump; phones are rebooted.
    Clocks,
    /// A technician's access ends.
    DisabledUsers,
    /// The office assigns and takes away technicians.
    Reassignments,
    /// The office cancels and reopens.
    Cancellations,
    /// Pages hold a few entries only.
    SmallPages,
    /// The office writes fields of a later version.
    NewerFields,
    /// Some phones begin with an older app, which the server may stop to serve, and upgrade at some time.
    OlderApps,
}

impl Fault {
    /// Every fault with its name in a world's text.
    pub const ALL: [(Self, &'static str); 17] = [
        (Self::Loss, "loss"),
        (Self::Duplicates, "duplicates"),
        (Self::LateReplies, "late-replies"),
        (Self::Partitions, "partitions"),
        (Self::DeviceKills, "device-kills"),
        (Self::StoreFailures, "store-failures"),
        (Self::BitRot, "bit-rot"),
        (Self::RestoredPhones, "restored-phones"),
        (Self::PutBackStores, "put-back-stores"),
        (Self::RestoredServer, "restored-server"),
        (Self::Clocks, "clocks"),
        (Self::DisabledUsers, "disabled-users"),
        (Self::Reassignments, "reassignments"),
        (Self::Cancellations, "cancellations"),
        (Self::SmallPages, "small-pages"),
        (Self::NewerFields, "newer-fields"),
        (Self::OlderApps, "older-apps"),
    ];
}

/// A world: everything that happens in it follows from this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldPlan {
    /// The seed of its dice.
    pub seed: u64,
    /// How many devices.
    pub devices: usize,
    /// How many steps before the faults heal.
    pub steps: usize,
    /// What goes wrong.
    pub faults: BTreeSet<Fault>,
}

impl WorldPlan {
    /// The world of a seed: mostly a few devices, now and then many.
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x0ca3_90ca_3900_ca39);
        let devices = if dice.chance(2) { 7 + dice.below(14) } else { 2 + dice.below(4) };
        let steps = if dice.chance(4) { 30 + dice.below(30) } else { 6 + dice.below(22) };
        let likely = 10 + dice.below(60);
        let faults = Fault::ALL.iter().filter(|_| dice.chance(likely)).map(|(fault, _)| *fault).collect();
        Self { seed, devices, steps, faults }
    }

    /// Whether something goes wrong here.
    pub fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    /// Slightly smaller worlds that may still show the same failure, the smallest first.
    pub fn smaller(&self) -> Vec<Self> {
        let mut smaller = Vec::new();
        for steps in [self.steps / 2, self.steps.saturating_sub(4), self.steps.saturating_sub(1)] {
            if steps < self.steps {
                smaller.push(Self { steps, ..self.clone() });
            }
        }
        for devices in [self.devices / 2, self.devices - 1] {
            if (1..self.devices).contains(&devices) {
                smaller.push(Self { devices, ..self.clone() });
            }
        }
        for fault in &self.faults {
            let mut faults = self.faults.clone();
            faults.remove(fault);
            smaller.push(Self { faults, ..self.clone() });
        }
        smaller
    }
}

impl fmt::Display for WorldPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Fault::ALL.iter().filter(|(fault, _)| self.has(*fault));
        let faults: Vec<_> = named.map(|(_, name)| *name).collect();
        write!(
            f,
            "seed={} devices={} steps={} faults={}",
            self.seed,
            self.devices,
            self.steps,
            faults.join(",")
        )
    }
}

impl FromStr for WorldPlan {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let field = |name: &str| {
            let found = line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| format!("no {name} in: {line}"))
        };
        let number = |name: &str| field(name)?.parse::<u64>().map_err(|error| error.to_string());
        let names: BTreeSet<_> = field("faults")?.split(',').filter(|name| !name.is_empty()).collect();
        let faults = Fault::ALL.iter().filter(|(_, name)| names.contains(name)).map(|(fault, _)| *fault);
        Ok(Self {
            seed: number("seed")?,
            devices: usize::try_from(number("devices")?).map_err(|error| error.to_string())?,
            steps: usize::try_from(number("steps")?).map_err(|error| error.to_string())?,
            faults: faults.collect(),
        })
    }
}
