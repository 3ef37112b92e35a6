using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using SimulationManager.Core.Grains;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>Tries endpoints from this silo.</summary>
[StatelessWorker]
public sealed class EndpointCheckGrain(IOptions<SinkOptions> options, ILocalSiloDetails silo) : Grain, IEndpointCheckGrain
{
    public async Task<EndpointCheck[]> Check(string endpoints) => await Task.WhenAll(OutputEndpoint.ParseAll([endpoints]).Select(async endpoint =>
    {
        var probe = await EndpointProbe.RunAsync(endpoint, options.Value.Credentials);
        return new EndpointCheck
        {
            Endpoint = endpoint.ToString(),
            Silo = silo.SiloAddress.ToParsableString(),
            Error = probe.Error,
            Topic = probe.Topic,
            ConnectMilliseconds = probe.Connect?.TotalMilliseconds,
            PublishMilliseconds = probe.Publish?.TotalMilliseconds,
            MaximumPacketSize = probe.MaximumPacketSize,
            ReceiveMaximum = probe.ReceiveMaximum,
            TopicAliasMaximum = probe.TopicAliasMaximum,
            MaximumQos = probe.MaximumQualityOfService,
            RetainAvailable = probe.RetainAvailable,
            Library = probe.Library,
            Participants = probe.Participants,
        };
    }));
}
