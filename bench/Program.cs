using FleetPlatform.Bench;

// ./fleet bench NAME: every claim of speed in docs/performance.md comes from here.
return args switch
{
    ["provisioning", .. var options] => await ProvisioningBench.Run(options),
    ["eventstore", .. var options] => await EventStoreBench.Run(options),
    ["issue", .. var options] => await IssueBench.Run(options),
    ["revoke", .. var options] => await RevokeBench.Run(options),
    ["crl", .. var options] => await ListBench.Run(options),
    ["ocsp", .. var options] => await OcspBench.Run(options),
    ["audit", .. var options] => await AuditBench.Run(options),
    ["mqtt", .. var options] => await MqttBench.Run(options),
    ["template", .. var options] => await TemplateBench.Run(options),
    ["factory", .. var options] => await FactoryBench.Run(options),
    ["rotation", .. var options] => await RotationBench.Run(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: ./fleet bench provisioning|eventstore|mqtt|issue|revoke|crl|ocsp|audit|template|factory|rotation [options]");
    return 2;
}
