using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ProcessHost;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>Runs the server's image with docker or podman, whichever works and has the image.</summary>
internal sealed class ContainerSource(RealisationContext context) : IServerSource
{
    private const string AppLabel = "aspire-local.app";
    private const string SpecificationLabel = "aspire-local.spec";

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);

    public string Name => "container";

    public async Task<RealisedServer> StartAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var runtime in await ContainerRuntime.FindAsync(context, problems, cancellationToken).ConfigureAwait(false))
        {
            var problem = await runtime.EnsureImageAsync(request.Image, line => request.OnProgress($"'{request.ResourceName}': {line}"), cancellationToken).ConfigureAwait(false);
            if (problem is null)
                return await StartAsync(runtime, request, cancellationToken).ConfigureAwait(false);
            problems.Add(problem);
        }

        throw new SourceUnavailableException(problems.Count == 0 ? "neither docker nor podman is on PATH." : string.Join(" ", problems));
    }

    private async Task<RealisedServer> StartAsync(ContainerRuntime runtime, ServerRequest request, CancellationToken cancellationToken)
    {
        var name = ContainerName(request.ResourceName);
        var specification = SpecificationOf(request);
        if (!await ClearPlaceAsync(runtime, name, specification, request.IsPersistent, cancellationToken).ConfigureAwait(false))
            await CreateAsync(runtime, name, specification, request, cancellationToken).ConfigureAwait(false);

        var container = await Container.AttachAsync(runtime, name, request, context, cancellationToken).ConfigureAwait(false);
        await WaitUntilReadyAsync(container, request, cancellationToken).ConfigureAwait(false);
        return new RealisedServer(container, Name, $"{request.Image} ({runtime.Name} container {name})", request.Image[(request.Image.LastIndexOf(':') + 1)..]);
    }

    /// <summary>True when a persistent container of the same kind runs already and can be used on; else removes what is in the way.</summary>
    private static async Task<bool> ClearPlaceAsync(ContainerRuntime runtime, string name, string specification, bool isPersistent, CancellationToken cancellationToken)
    {
        var format = $"{{{{.State.Running}}}} {{{{index .Config.Labels \"{AppLabel}\"}}}} {{{{index .Config.Labels \"{SpecificationLabel}\"}}}}";
        var found = await runtime.RunAsync(["container", "inspect", "--format", format, name], cancellationToken).ConfigureAwait(false);
        if (found.ExitCode != 0)
            return false;
        var state = found.Text.Split(' ');
        if (state is not [var running, { Length: > 0 } app, var spec] || app == "<no")
            throw new ServerFailedException($"a container named '{name}' is already there and was not made by this engine.", $"Remove it with '{runtime.Name} rm -f {name}'.");
        if (isPersistent && running == "true" && spec == specification)
            return true;
        await runtime.RunAsync(["rm", "-f", "-v", name], cancellationToken).ConfigureAwait(false);
        return false;
    }

    private async Task CreateAsync(ContainerRuntime runtime, string name, string specification, ServerRequest request, CancellationToken cancellationToken)
    {
        foreach (var port in request.Ports)
        {
            if (!LoopbackPorts.IsFree(port.HostPort))
                throw new ServerFailedException($"port {port.HostPort} is already in use.", "Stop what uses it, or choose another port for the resource.");
        }

        var id = await context.Host.AddContainerAsync(new ContainerRecord(runtime.Program, name, request.IsPersistent), cancellationToken).ConfigureAwait(false);
        var created = await runtime.CreateAsync(request.Environment, environment => Arguments(runtime, name, specification, request, environment), cancellationToken).ConfigureAwait(false);
        var started = created.ExitCode == 0 ? await runtime.RunAsync(["start", name], cancellationToken).ConfigureAwait(false) : created;
        if (started.ExitCode == 0)
            return;
        await runtime.RunAsync(["rm", "-f", "-v", name], cancellationToken).ConfigureAwait(false);
        await context.Host.RemoveContainerAsync(id, cancellationToken).ConfigureAwait(false);
        throw new SourceUnavailableException($"{runtime.Name} has {request.Image} but could not start it: {started.Tail}");
    }

    private List<string> Arguments(ContainerRuntime runtime, string name, string specification, ServerRequest request, IEnumerable<string> environment)
    {
        List<string> arguments =
        [
            "create", "--name", name,
            "--label", $"{AppLabel}={context.ApplicationName}", "--label", $"{ContainerCleanup.SessionLabel}={context.SessionId}", "--label", $"{SpecificationLabel}={specification}",
            .. environment,
        ];
        foreach (var port in request.Ports)
            arguments.AddRange(["-p", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port.HostPort}:{port.ContainerPort}")]);
        foreach (var mount in request.Mounts)
            arguments.AddRange(["-v", $"{(mount.IsNamedVolume ? VolumeName(mount.Source) : mount.Source)}:{mount.Target}{(mount.IsReadOnly ? ":ro" : "")}"]);
        if (request.Entrypoint is { } entrypoint)
            arguments.AddRange(["--entrypoint", entrypoint]);
        if (runtime.Name == "docker")
            arguments.Add("--add-host=host.docker.internal:host-gateway");
        return [.. arguments, .. request.ContainerRuntimeArguments, request.Image, .. request.Arguments];
    }

    /// <summary>A published port accepts before the server in the container does, so only PostgreSQL is asked properly; the rest is for the resource's health check.</summary>
    private async Task WaitUntilReadyAsync(Container container, ServerRequest request, CancellationToken cancellationToken)
    {
        var probe = request is { Kind: ServerKind.Postgres, Ports.Count: > 0 } ? new PostgresProbe(request.Ports[0].HostPort, request.UserName, request.Password) : null;
        var start = context.Clock.GetTimestamp();
        try
        {
            while (!await IsReadyAsync(request, probe, cancellationToken).ConfigureAwait(false))
            {
                if (container.Exited.IsCompleted)
                    throw new ServerFailedException($"its container ended right after its start with exit code {await container.Exited.ConfigureAwait(false)}, saying: {container.LastWords}");
                if (context.Clock.GetElapsedTime(start) > StartLimit)
                    throw new ServerFailedException($"it did not accept connections within {StartLimit.TotalMinutes:0} minutes. Its last words: {container.LastWords}");
                await Task.Delay(TimeSpan.FromMilliseconds(100), context.Clock, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (PasswordRefusedException)
        {
            await container.RemoveAsync().ConfigureAwait(false);
            var volume = request.Mounts.FirstOrDefault(mount => mount.IsNamedVolume) is { } mount ? VolumeName(mount.Source) : "its volume";
            throw new ServerFailedException(
                $"the data in volume '{volume}' was made with another user name or password than the ones set now for '{request.UserName}'.",
                "Set the old user name and password again (a generated one is kept in the AppHost's user secrets), or remove that volume to start with an empty database.");
        }
        catch
        {
            await container.RemoveAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<bool> IsReadyAsync(ServerRequest request, PostgresProbe? probe, CancellationToken cancellationToken)
    {
        if (probe is not null)
            return await probe.IsReadyAsync(cancellationToken).ConfigureAwait(false);
        return request.Ports.Count == 0 || await ServerProcess.AcceptsAsync(request.Ports[0].HostPort, cancellationToken).ConfigureAwait(false);
    }

    private string ContainerName(string resource) => DataRoot.SafeName($"{context.ApplicationName}-{resource}").ToLowerInvariant();

    private string VolumeName(string volume)
    {
        var application = DataRoot.SafeName(context.ApplicationName).ToLowerInvariant();
        var own = DataRoot.SafeName(volume);
        return own.StartsWith(application, StringComparison.OrdinalIgnoreCase) ? own : $"{application}-{own}";
    }

    /// <summary>Changes with anything that would make another container; secrets are only in it as part of a hash.</summary>
    private static string SpecificationOf(ServerRequest request)
    {
        var text = string.Join(
            '\0',
            [
                request.Image, request.Entrypoint ?? "", .. request.Arguments, .. request.ContainerRuntimeArguments,
                .. request.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"),
                .. request.Ports.Select(port => port.ToString()), .. request.Mounts.Select(mount => mount.ToString()),
            ]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
    }
}
