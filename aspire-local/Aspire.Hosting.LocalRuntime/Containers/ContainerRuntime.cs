namespace Aspire.Hosting.LocalRuntime;

/// <summary>A container program that answers: docker or podman.</summary>
internal sealed class ContainerRuntime(string program, RealisationContext context)
{
    private static readonly string[] Names = ["docker", "podman"];
    private static readonly TimeSpan InfoLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PullLimit = TimeSpan.FromMinutes(10);

    /// <summary>Without a <c>PATH</c> of its own among them, a variable can be handed over by name, so that no process list shows it.</summary>
    private static readonly string[] OwnVariables = ["PATH", "HOME", "TMPDIR", "USER", "LANG"];

    public string Program => program;

    public string Name => Path.GetFileNameWithoutExtension(program);

    /// <summary>
    /// Those on PATH whose <c>info</c> succeeds; <paramref name="problems"/> has a sentence for each that does not. ASPIRE_CONTAINER_RUNTIME
    /// narrows the choice to one, as it does for the official libraries.
    /// </summary>
    public static async Task<IReadOnlyList<ContainerRuntime>> FindAsync(RealisationContext context, List<string> problems, CancellationToken cancellationToken)
    {
        var chosen = Environment.GetEnvironmentVariable("ASPIRE_CONTAINER_RUNTIME") ?? Environment.GetEnvironmentVariable("DOTNET_ASPIRE_CONTAINER_RUNTIME");
        var found = new List<ContainerRuntime>();
        foreach (var name in Names.Where(name => string.IsNullOrEmpty(chosen) || name == chosen))
        {
            if (!Executables.TryFind(name, out var path))
                continue;
            var runtime = new ContainerRuntime(path, context);
            var problem = await runtime.ProbeAsync(cancellationToken).ConfigureAwait(false);
            if (problem is null)
                found.Add(runtime);
            else
                problems.Add(problem);
        }

        return found;
    }

    /// <summary>Null when the image is here or could be pulled, else a sentence why not.</summary>
    public async Task<string?> EnsureImageAsync(string image, Action<string> onProgress, CancellationToken cancellationToken)
    {
        if (await RunAsync(["image", "inspect", "--format", "{{.Id}}", image], cancellationToken).ConfigureAwait(false) is { ExitCode: 0 })
            return null;
        onProgress($"pulling {image} with {Name}");
        try
        {
            var pull = await RunAsync(["pull", "--quiet", image], PullLimit, cancellationToken).ConfigureAwait(false);
            return pull.ExitCode == 0 ? null : $"{Name} works, but {image} is not on this machine and could not be pulled ({pull.LastLine}).";
        }
        catch (TimeoutException)
        {
            return $"{Name} works, but {image} could not be pulled within {PullLimit.TotalMinutes:0} minutes.";
        }
    }

    public Task<ToolResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) => RunAsync(arguments, CommandLimit, cancellationToken);

    /// <summary>Creates a container; values of its environment go by this process's environment, not by its arguments.</summary>
    public Task<ToolResult> CreateAsync(IReadOnlyDictionary<string, string> environment, Func<IEnumerable<string>, IReadOnlyList<string>> arguments, CancellationToken cancellationToken)
    {
        var byName = environment.Where(pair => !OwnVariables.Contains(pair.Key)).ToList();
        var byValue = environment.Where(pair => OwnVariables.Contains(pair.Key));
        var options = byName.SelectMany(pair => new[] { "-e", pair.Key }).Concat(byValue.SelectMany(pair => new[] { "-e", $"{pair.Key}={pair.Value}" }));
        var request = RequestFor(arguments(options)) with { Environment = byName.ToDictionary(pair => pair.Key, pair => (string?)pair.Value) };
        return context.Launcher.RunToolAsync(request, CommandLimit, context.Clock, cancellationToken);
    }

    /// <summary>A command that runs as long as the container does, such as <c>logs -f</c>.</summary>
    public Task<ILaunched> FollowAsync(IReadOnlyList<string> arguments, Action<OutputLine> onOutput, CancellationToken cancellationToken) =>
        context.Launcher.LaunchAsync(RequestFor(arguments) with { OnOutput = onOutput }, cancellationToken);

    private Task<ToolResult> RunAsync(IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellationToken) =>
        context.Launcher.RunToolAsync(RequestFor(arguments), limit, context.Clock, cancellationToken);

    private async Task<string?> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            // The docker client exits with 0 without a daemon when asked with a format, so look at the server's own version.
            var info = await RunAsync(Name == "docker" ? ["version", "--format", "{{.Server.Version}}"] : ["info", "--format", "{{.Version.Version}}"], InfoLimit, cancellationToken)
                .ConfigureAwait(false);
            return info.ExitCode == 0 ? null : $"{Name} is installed but does not work ({info.LastLine}).";
        }
        catch (Exception hung) when (hung is TimeoutException or LaunchFailedException)
        {
            return $"{Name} is installed but does not work ({hung.Message.TrimEnd('.')}).";
        }
    }

    private ProcessRequest RequestFor(IReadOnlyList<string> arguments) => new()
    {
        Name = $"{Name} {arguments[0]}",
        FileName = program,
        Arguments = arguments,
        WorkingDirectory = context.Root.Folder,
        LeavesServices = true,
        OnOutput = _ => { },
    };
}
