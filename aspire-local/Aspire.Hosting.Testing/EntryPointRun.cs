using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// An AppHost's entry point on a thread of its own. It is held up in <c>Build()</c> until the test builds the application,
/// and in <c>Run()</c> until the test is through with it.
/// </summary>
internal sealed class EntryPointRun(Assembly appHost, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
    : IBuilderInterceptor, IAsyncDisposable
{
    private static readonly TimeSpan ExitDeadline = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _building = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _mayBuild = new();
    private Task _entryPoint = Task.CompletedTask;
    private bool _isGivenUp;

    public async Task<DistributedApplicationBuilder> StartAsync(CancellationToken cancellationToken)
    {
        var main = appHost.EntryPoint ?? throw new InvalidOperationException($"The assembly '{appHost.GetName().Name}' has no entry point.");
        _entryPoint = Task.Factory.StartNew(() => Run(main), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        _ = _entryPoint.ContinueWith(ended => Fail(ended.Exception?.GetBaseException()), TaskScheduler.Default);
        return await _building.Task.WaitAsync(cancellationToken);
    }

    public async Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        if (_mayBuild.IsSet)
            throw new InvalidOperationException("The application has been built already.");
        _mayBuild.Set();
        return await _built.Task.WaitAsync(cancellationToken);
    }

    public void OnConstructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        TestingDefaults.Apply(options, settings, appHost, []);
        configure(options, settings);
    }

    public void OnBuilding(DistributedApplicationBuilder builder)
    {
        _building.TrySetResult(builder);
        _mayBuild.Wait();
        if (_isGivenUp)
            throw new OperationCanceledException("The test ended without building the application.");
    }

    public void OnBuilt(DistributedApplication application) => _built.TrySetResult(application);

    public async ValueTask DisposeAsync()
    {
        _isGivenUp = !_mayBuild.IsSet;
        _mayBuild.Set();
        if (_built.Task.IsCompletedSuccessfully)
            await (await _built.Task).DisposeAsync();
        await Task.WhenAny(_entryPoint, Task.Delay(ExitDeadline));
    }

    private async Task Run(MethodInfo main)
    {
        BuilderInterception.Current = this;
        // What Main returns is awaited, whether it is a task, a number or nothing.
        var result = main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, main.GetParameters().Length == 0 ? null : [args], null);
        if (result is Task running)
            await running;
    }

    private void Fail(Exception? exception)
    {
        exception ??= new InvalidOperationException($"The entry point of '{appHost.GetName().Name}' ended without building an application.");
        _building.TrySetException(exception);
        _built.TrySetException(exception);
        // Nobody may be waiting for one of the two.
        _ = _building.Task.Exception;
        _ = _built.Task.Exception;
    }
}
