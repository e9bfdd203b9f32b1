use qunet::model::{Channels, Device, Network, UnetPlusPlusConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = UnetPlusPlusConfig::default();
    let net = Network::unet_plus_plus(&config, Channels::default(), Device::Cpu)?;
    println!("trainable parameters: {}", net.trainable_parameters());
    Ok(())
}
