using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>The command line of <see cref="GenerateCommand"/>.</summary>
internal sealed record GenerateOptions
{
    private const string Usage = "Known are --manifest FILE, --output FOLDER, --version V, --registry R, --image NAME=REF, --storage-class C, --host H and --check.";

    public string? Manifest { get; init; }

    public string? Output { get; init; }

    public string? Version { get; init; }

    public string? Registry { get; init; }

    public string? StorageClass { get; init; }

    public string? Host { get; init; }

    public IReadOnlyDictionary<string, string> Images { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether to compare instead of write.</summary>
    public bool Check { get; init; }

    /// <exception cref="GenerationException">An argument is not known or lacks its value.</exception>
    public static GenerateOptions Parse(string[] arguments)
    {
        var options = new GenerateOptions();
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out var option))
        {
            if (option == "--check")
            {
                options = options with { Check = true };
                continue;
            }

            var value = rest.TryDequeue(out var next) ? next : throw new GenerationException($"'{option}' is not understood or lacks a value. {Usage}");
            options = option switch
            {
                "--manifest" => options with { Manifest = value },
                "--output" => options with { Output = value },
                "--version" => options with { Version = value },
                "--registry" => options with { Registry = value },
                "--storage-class" => options with { StorageClass = value },
                "--host" => options with { Host = value },
                "--image" when value.Split('=', 2) is [var name, var image] => options with { Images = new Dictionary<string, string>(options.Images) { [name] = image } },
                _ => throw new GenerationException($"'{option} {value}' is not understood. {Usage}"),
            };
        }

        return options;
    }

    public ClusterSettings Apply(ClusterSettings settings) => settings with
    {
        Registry = Registry ?? settings.Registry,
        StorageClass = StorageClass ?? settings.StorageClass,
        Images = Images,
        Production = Host is { } host ? settings.Production with { Host = host } : settings.Production,
    };
}
