using MudBlazor;

namespace SimulationManager.Console.Layout;

/// <summary>Colours and type of the console. Every text has a contrast of at least 4.5:1 on what it stands on; fonts are those of the system.</summary>
internal static class ConsoleTheme
{
    private static readonly string[] s_fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", "sans-serif"];

    public static readonly MudTheme Theme = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#1d4ed8",
            PrimaryContrastText = "#ffffff",
            Secondary = "#475569",
            Error = "#b91c1c",
            Success = "#15803d",
            Warning = "#92400e",
            Info = "#1d4ed8",
            Background = "#f5f7fa",
            Surface = "#ffffff",
            AppbarBackground = "#ffffff",
            AppbarText = "#0f172a",
            DrawerBackground = "#ffffff",
            DrawerText = "#334155",
            DrawerIcon = "#475569",
            TextPrimary = "#0f172a",
            TextSecondary = "#475569",
            ActionDefault = "#475569",
            LinesDefault = "#e2e8f0",
            LinesInputs = "#94a3b8",
            TableLines = "#e2e8f0",
            Divider = "#e2e8f0",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#8ab4ff",
            PrimaryContrastText = "#0b1220",
            Secondary = "#a8b3c4",
            Error = "#ff9c9c",
            ErrorContrastText = "#1a0606",
            Success = "#7ee2a0",
            SuccessContrastText = "#06180d",
            Warning = "#fbc56d",
            Info = "#8ab4ff",
            Background = "#0c111b",
            BackgroundGray = "#0c111b",
            Surface = "#151c29",
            AppbarBackground = "#111826",
            AppbarText = "#e6ebf4",
            DrawerBackground = "#111826",
            DrawerText = "#c3cddd",
            DrawerIcon = "#a8b3c4",
            TextPrimary = "#e6ebf4",
            TextSecondary = "#a8b3c4",
            ActionDefault = "#a8b3c4",
            LinesDefault = "#263144",
            LinesInputs = "#5a6a84",
            TableLines = "#263144",
            Divider = "#263144",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = s_fonts, FontSize = ".875rem" },
            H1 = new H1Typography { FontFamily = s_fonts, FontSize = "1.5rem", FontWeight = "650", LineHeight = "1.3", LetterSpacing = "-.01em" },
            H2 = new H2Typography { FontFamily = s_fonts, FontSize = "1.05rem", FontWeight = "650", LineHeight = "1.4", LetterSpacing = "0" },
            Button = new ButtonTypography { FontFamily = s_fonts, FontSize = ".875rem", FontWeight = "600", TextTransform = "none", LetterSpacing = "0" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", DrawerWidthLeft = "232px", AppbarHeight = "56px" },
    };
}
