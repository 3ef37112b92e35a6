using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>Passes everything on to the builder that is tested.</summary>
internal abstract class TestingBuilder(DistributedApplicationBuilder inner) : IDistributedApplicationTestingBuilder
{
    public ConfigurationManager Configuration => Inner.Configuration;

    public string AppHostDirectory => Inner.AppHostDirectory;

    public Assembly? AppHostAssembly => Inner.AppHostAssembly;

    public IHostEnvironment Environment => Inner.Environment;

    public IServiceCollection Services => Inner.Services;

    public DistributedApplicationExecutionContext ExecutionContext => Inner.ExecutionContext;

    public IResourceCollection Resources => Inner.Resources;

    protected DistributedApplicationBuilder Inner { get; } = inner;

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource => Inner.AddResource(resource);

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => Inner.CreateResourceBuilder(resource);

    public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

    public abstract Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);

    public abstract ValueTask DisposeAsync();

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}

internal sealed class EntryPointTestingBuilder(EntryPointRun run, DistributedApplicationBuilder inner) : TestingBuilder(inner)
{
    public override Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => run.BuildAsync(cancellationToken);

    public override ValueTask DisposeAsync() => run.DisposeAsync();
}

internal sealed class OwnTestingBuilder(DistributedApplicationBuilder inner) : TestingBuilder(inner)
{
    private DistributedApplication? _application;

    public static OwnTestingBuilder Create(string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
    {
        var settings = new HostApplicationBuilderSettings();
        var options = new DistributedApplicationOptions();
        TestingDefaults.Apply(options, settings, appHost: null, args);
        configure(options, settings);
        return new(new DistributedApplicationBuilder(options, settings));
    }

    public override Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default)
    {
        if (_application is not null)
            throw new InvalidOperationException("The application has been built already.");
        _application = Inner.Build();
        return Task.FromResult(_application);
    }

    public override ValueTask DisposeAsync() => _application?.DisposeAsync() ?? ValueTask.CompletedTask;
}
