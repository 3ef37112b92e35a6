using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>Runs an AppHost's entry point for a test, up to the point where it builds the application.</summary>
public static class DistributedApplicationTestingBuilder
{
    /// <typeparam name="TEntryPoint">Any type of the AppHost's assembly, usually <c>Projects.Some_AppHost</c>.</typeparam>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateCoreAsync(typeof(TEntryPoint), [], Unchanged, cancellationToken);

    /// <inheritdoc cref="CreateAsync{TEntryPoint}(CancellationToken)"/>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateCoreAsync(typeof(TEntryPoint), args, Unchanged, cancellationToken);

    /// <inheritdoc cref="CreateAsync{TEntryPoint}(CancellationToken)"/>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken = default) =>
        CreateCoreAsync(typeof(TEntryPoint), args, configureBuilder, cancellationToken);

    /// <inheritdoc cref="CreateAsync{TEntryPoint}(CancellationToken)"/>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, CancellationToken cancellationToken = default) =>
        CreateAsync(entryPoint, [], cancellationToken);

    /// <inheritdoc cref="CreateAsync{TEntryPoint}(CancellationToken)"/>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, string[] args, CancellationToken cancellationToken = default) =>
        CreateCoreAsync(entryPoint, args, Unchanged, cancellationToken);

    /// <param name="entryPoint">Any type of the AppHost's assembly.</param>
    /// <param name="args">Command line of the entry point.</param>
    /// <param name="configureBuilder">Changes the options before the entry point's builder is created with them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The assembly has no entry point, or the entry point builds no application.</exception>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(
        Type entryPoint, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken = default) =>
        CreateCoreAsync(entryPoint, args, configureBuilder, cancellationToken);

    /// <summary>An application that the test describes itself.</summary>
    public static IDistributedApplicationTestingBuilder Create(params string[] args) => Create(args, Unchanged);

    /// <inheritdoc cref="Create(string[])"/>
    public static IDistributedApplicationTestingBuilder Create(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder)
    {
        ArgumentNullException.ThrowIfNull(configureBuilder);
        EnsureNoneEmpty(args);
        return OwnTestingBuilder.Create(args, configureBuilder);
    }

    private static async Task<IDistributedApplicationTestingBuilder> CreateCoreAsync(
        Type entryPoint, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entryPoint);
        ArgumentNullException.ThrowIfNull(configureBuilder);
        EnsureNoneEmpty(args);
        var run = new EntryPointRun(entryPoint.Assembly, args, configureBuilder);
        try
        {
            return new EntryPointTestingBuilder(run, await run.StartAsync(cancellationToken));
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    private static void Unchanged(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
    }

    private static void EnsureNoneEmpty(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args.Any(string.IsNullOrEmpty))
            throw new ArgumentException($"Array params contains empty item: [{string.Join(", ", args)}]", nameof(args));
    }
}
