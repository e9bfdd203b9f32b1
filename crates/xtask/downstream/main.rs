use qunet::model::{Device, Network, UnetPlusPlus, UnetPlusPlusConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let net = UnetPlusPlus::new(&UnetPlusPlusConfig::default(), Device::Cpu)?;
    println!("trainable parameters: {}", net.trainable_parameters());
    Ok(())
}
