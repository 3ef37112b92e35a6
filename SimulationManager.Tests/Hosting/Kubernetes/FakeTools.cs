using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The tools of the scripts beside <c>kubectl</c>: <c>curl</c>, <c>dotnet</c>, and those that build, push and load images.</summary>
internal sealed class FakeTools(ClusterState state, FakeSettings settings, List<string> log)
{
    private static readonly ToolAnswer _refusal = ToolAnswer.Error("error: refused on purpose");

    private static readonly AspireManifest _manifest = AspireManifest.Parse(File.ReadAllText(ManifestTests.Reference));

    public ToolAnswer Run(string tool, string[] arguments) => tool switch
    {
        "curl" => Curl(arguments),
        "dotnet" => Dotnet(arguments),
        "sudo" => new() { Command = ToolAnswer.Words(arguments) },
        _ => Images(tool, arguments),
    };

    /// <summary>Generates the manifests as <c>dotnet run -- generate</c> does, from a manifest file and the environments beside the folder.</summary>
    /// <returns>The files that changed.</returns>
    public static IReadOnlyList<string> Generate(string version, string output)
    {
        var environments = EnvironmentFile.ReadAll(Path.Combine(Path.GetDirectoryName(output)!, EnvironmentFile.DefaultFolder));
        return ManifestGeneration.Generate(_manifest, SystemSettings.Of(version), environments).Write(output);
    }

    /// <summary>A healthy system's answer, or what the test names; or that of the real one.</summary>
    private ToolAnswer Curl(string[] arguments)
    {
        if (settings.Has("REAL_CURL")) return new() { Command = ToolAnswer.Words([.. settings.Words("REAL_CURL"), .. arguments]) };
        var url = new Uri(arguments[^1]);
        var method = arguments.Contains("--head") ? "HEAD" : Option(arguments, "--request") ?? "GET";
        log.Add($"curl {method} {url.PathAndQuery}");
        if (settings.Get("FAKE_SILENT") is { Length: > 0 } silent && arguments[^1].EndsWith(silent, StringComparison.Ordinal)) return ToolAnswer.Error("curl: (28) Operation timed out after 30001 milliseconds with 0 bytes received", 28);
        if (Option(arguments, "--output") is { } output && output != "/dev/null") File.WriteAllText(output, """{"message":"as the test asked"}""");
        return new(url.AbsolutePath switch
        {
            "/api/auth/signup" => settings.Get("FAKE_SIGNUP", "201"),
            "/api/auth/signin" => settings.Get("FAKE_SIGNIN", "200"),
            var path when path.StartsWith("/minio/", StringComparison.Ordinal) => settings.Get("FAKE_STORE", "200"),
            var path when path.StartsWith("/v2/", StringComparison.Ordinal) => settings.Get("FAKE_REGISTRY", state.Images.Contains(ImageOf(url)) ? "200" : "404"),
            _ => settings.Get("FAKE_HEALTH", "200"),
        });
    }

    private static string ImageOf(Uri url) => url.Authority + url.AbsolutePath["/v2".Length..].Replace("/manifests/", ":", StringComparison.Ordinal);

    /// <summary>Of an image it only makes the name; manifests are made by the real generator, and any other command of the AppHost by the real one.</summary>
    private ToolAnswer Dotnet(string[] arguments)
    {
        var all = $"dotnet {string.Join(' ', arguments)}";
        log.Add(all);
        if (settings.Refuses("FAIL_DOTNET", all)) return _refusal;
        if (arguments is ["publish", ..]) return Publish(arguments);
        if (Array.IndexOf(arguments, "--") is var at && at < 0) return new();
        var command = arguments[(at + 1)..];
        if (command is ["generate", ..]) return ToolAnswer.Lines(Generate(Option(command, "--version")!, Option(command, "--output")!).Select(path => $"  {path}"));
        // What the real one says on standard output before the application does.
        List<string> said = [];
        if (!arguments.Contains("--no-launch-profile")) said.Add("Using launch settings from Properties/launchSettings.json...");
        if (!arguments.Contains("--no-build")) said.Add("AppHost.csproj : warning ASPIRE010: said by the build");
        return ToolAnswer.Lines(said) with { Command = ToolAnswer.Words([FakeCluster.Which("dotnet"), GenerationTests.AppHostPath, .. command]) };
    }

    private ToolAnswer Publish(string[] arguments)
    {
        var image = $"{Property("ContainerRepository")}:{Property("ContainerImageTag")}";
        if (Property("ContainerArchiveOutputPath") is { } archive)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(archive)!);
            File.WriteAllText(archive, image);
            return ToolAnswer.Lines($"Pushed image '{image}' to local archive at '{archive}'.");
        }

        if (Property("ContainerRegistry") is not { } registry) return ToolAnswer.Lines($"Pushed image '{image}' to local registry via 'docker'.");
        state.Images.Add($"{registry}/{image}");
        return ToolAnswer.Lines($"Pushed image '{image}' to registry '{registry}'.");

        string? Property(string name) => arguments.FirstOrDefault(argument => argument.StartsWith($"-p:{name}=", StringComparison.Ordinal))?.Split('=', 2)[1];
    }

    /// <summary>Images that are loaded are on the nodes, and those that are pushed in the registry. An archive holds its image's name.</summary>
    private ToolAnswer Images(string tool, string[] arguments)
    {
        var all = $"{tool} {string.Join(' ', arguments)}";
        log.Add(all);
        if (settings.Refuses("FAIL_TOOL", all)) return _refusal;
        switch (arguments)
        {
            case ["load", "image-archive", var archive, ..]:
                return Load(archive);
            case ["image", "load", var archive, ..]:
                return Load(archive);
            case [.., "images", "import", var archive]:
                return Load(archive);
            case ["build", ..]:
                return ToolAnswer.Lines($"COMMIT {Option(arguments, "-t")}");
            case ["push", var image]:
                state.Images.Add(image);
                return ToolAnswer.Lines($"pushed {image}");
            case ["save", "-o", var archive, var image]:
                File.WriteAllText(archive, image);
                return new();
            default:
                return new();
        }
    }

    private ToolAnswer Load(string archive)
    {
        var image = File.ReadAllText(archive);
        state.Images.Add(image);
        return ToolAnswer.Lines($"loaded {image}");
    }

    private static string? Option(string[] arguments, string name) => Array.IndexOf(arguments, name) is >= 0 and var at ? arguments[at + 1] : null;
}
