using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.LocalRuntime;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Brings the whole application up, in the order that the waits ask for, and down again in the opposite one.</summary>
internal sealed partial class Orchestrator(
    DistributedApplicationModel model, LocalRuntimeAccess runtime, PortAllocator ports, OrchestrationServices services,
    IHostApplicationLifetime lifetime, ILoggerFactory loggers) : IHostedService
{
    /// <summary>Everything has ended this long after a stop was asked for.</summary>
    public static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(10);

    // The rest of the deadline is for killing what does not end by itself.
    private static readonly TimeSpan StopBudget = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LongestGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromMilliseconds(500);

    private readonly List<ResourceInstance> _instances = [];
    private readonly List<RoundRobinForwarder> _forwarders = [];
    private readonly ILogger _logger = loggers.CreateLogger("Aspire.Hosting.Orchestration");
    private ParentProcessWatch? _parent;

    public IReadOnlyList<ResourceInstance> Instances => _instances;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        DependencyGraph.Validate(model);
        await ResolveParametersAsync(cancellationToken);
        _parent = ParentProcessWatch.Start(lifetime.StopApplication, services.Clock);
        await runtime.OpenAsync(cancellationToken);

        foreach (var resource in model.Resources)
            ports.Allocate(resource);
        foreach (var resource in model.Resources.Where(ResourceExtensions.HasLifetime))
            _instances.AddRange(CreateInstances(resource));
        foreach (var instance in _instances)
            await instance.State.AnnounceAsync();
        foreach (var instance in _instances.Where(instance => !instance.Resource.TryGetLastAnnotation<ExplicitStartupAnnotation>(out _)))
            await instance.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _parent?.Dispose();
        var start = services.Clock.GetTimestamp();
        foreach (var group in DependencyGraph.StopOrder(model))
        {
            var left = StopBudget - services.Clock.GetElapsedTime(start);
            var grace = left < ShortestGrace ? ShortestGrace : left < LongestGrace ? left : LongestGrace;
            var ending = _instances.Where(instance => group.Contains(instance.Resource)).Select(instance => instance.StopAsync(grace, cancellationToken));
            try
            {
                await Task.WhenAll(ending);
            }
            catch (OperationCanceledException exception)
            {
                // The session's end kills what is left.
                LogLate(_logger, exception);
            }
        }
        foreach (var forwarder in _forwarders)
            await forwarder.DisposeAsync();
        _instances.ForEach(instance => instance.Dispose());
        await runtime.DisposeAsync();
    }

    public Task StartResourceAsync(string id, CancellationToken cancellationToken) =>
        Task.WhenAll(Find(id).Select(instance => instance.StartAsync(cancellationToken)));

    public Task StopResourceAsync(string id, CancellationToken cancellationToken) =>
        Task.WhenAll(Find(id).Select(instance => instance.StopAsync(LongestGrace, cancellationToken)));

    public async Task RestartResourceAsync(string id, CancellationToken cancellationToken)
    {
        await StopResourceAsync(id, cancellationToken);
        await StartResourceAsync(id, cancellationToken);
    }

    private List<ResourceInstance> Find(string id) => [.. _instances.Where(instance =>
        string.Equals(instance.Id, id, StringComparison.OrdinalIgnoreCase) || string.Equals(instance.Resource.Name, id, StringComparison.OrdinalIgnoreCase))];

    // Nobody can be asked for a value while the application runs, so a missing one is an error at once.
    private async Task ResolveParametersAsync(CancellationToken cancellationToken)
    {
        foreach (var parameter in model.Resources.OfType<ParameterResource>())
            await parameter.GetValueAsync(cancellationToken);
    }

    private List<ResourceInstance> CreateInstances(IResource resource)
    {
        var replicas = resource.ReplicaCount();
        if (resource is not (ProjectResource or ExecutableResource))
            return [new(resource, resource.Name, services)];

        var instances = Enumerable.Range(1, replicas).Select(replica => new ResourceInstance(
            resource,
            replicas == 1 ? resource.Name : $"{resource.Name}-{replica}",
            services)
        {
            ListenPorts = [.. resource.Endpoints().Select(endpoint => (endpoint, PortAllocator.ListenPort(resource, endpoint)))],
        }).ToList();
        Forward(resource, instances);
        return instances;
    }

    private void Forward(IResource resource, List<ResourceInstance> instances)
    {
        foreach (var endpoint in resource.Endpoints().Where(endpoint => endpoint.IsProxied))
        {
            var targets = instances.SelectMany(instance => instance.ListenPorts).Where(listen => listen.Endpoint == endpoint).Select(listen => listen.Port).ToList();
            if (targets.Count == 0 || targets is [var only] && only == endpoint.AllocatedEndpoint!.Port)
                continue;
            LoopbackPorts.EnsureFree(endpoint.AllocatedEndpoint!.Port, PortAllocator.SettingOf(resource));
            var forwarder = new RoundRobinForwarder(endpoint.AllocatedEndpoint.Port, _logger);
            targets.ForEach(forwarder.Add);
            _forwarders.Add(forwarder);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Not everything ended in time; what is left is killed.")]
    private static partial void LogLate(ILogger logger, Exception exception);
}
